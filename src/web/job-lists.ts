import type { JobView } from "@mobilesd/contract";
import { element, setText } from "./dom.ts";
import { type JobActions, type JobCard, makeJobCard } from "./job-card.ts";
import { type QueueState, splitJobs } from "./store.ts";

/** One list of jobs under its heading; without jobs it is not there. */
function section(title: string, className: string) {
  const heading = element("h2", { class: "heading" });
  const list = element("ul", { class: `jobs ${className}` });
  const root = element("section", { hidden: true }, heading, list);
  return {
    root,
    list,
    setCount(count: number, isMinimum: boolean): void {
      setText(heading, `${title} (${count}${isMinimum ? "+" : ""})`);
      root.hidden = list.childElementCount === 0;
    },
  };
}

/** The jobs on the screen: those that still move, and those that are over. */
export function jobLists(actions: JobActions) {
  const cards = new Map<string, JobCard>();
  const moving = section("In the queue", "moving");
  const finished = section("Finished", "finished");

  /** Puts the cards of some jobs into a list, in their order; cards live on by their job's id. */
  const fill = (list: HTMLElement, jobs: readonly JobView[], state: QueueState, now: number) => {
    jobs.forEach((job, index) => {
      const id = job.mobilesd_job_id;
      const card = cards.get(id) ?? makeJobCard(actions);
      cards.set(id, card);
      card.update(job, state.estimates.get(id), now);
      if (list.children[index] !== card.root) {
        list.insertBefore(card.root, list.children[index] ?? null);
      }
    });
  };

  return {
    root: element("div", {}, moving.root, finished.root),
    update(state: QueueState, now: number): void {
      const split = splitJobs(state);
      fill(moving.list, split.moving, state, now);
      fill(finished.list, split.finished, state, now);
      const listed = new Set(state.jobs.map((job) => job.mobilesd_job_id));
      for (const [id, card] of cards) {
        if (listed.has(id)) continue;
        card.root.remove();
        cards.delete(id);
      }
      moving.setCount(split.moving.length, false);
      // The page holds the newest jobs only, the queue's count holds them all.
      finished.setCount(state.total - split.moving.length, state.isTotalMinimum);
    },
  };
}
