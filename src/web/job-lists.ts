import type { ListedJob } from "@mobilesd/contract";
import { element, setText } from "./dom.ts";
import { type JobActions, type JobCard, makeJobCard } from "./job-card.ts";
import type { QueueState } from "./store.ts";

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
  const fill = (list: HTMLElement, jobs: readonly ListedJob[], now: number) => {
    jobs.forEach((job, index) => {
      const id = job.mobilesd_job_id;
      const card = cards.get(id) ?? makeJobCard(actions);
      cards.set(id, card);
      card.update(job, now);
      if (list.children[index] !== card.root) {
        list.insertBefore(card.root, list.children[index] ?? null);
      }
    });
  };

  return {
    root: element("div", {}, moving.root, finished.root),
    update(state: QueueState, now: number): void {
      fill(moving.list, state.moving, now);
      fill(finished.list, state.finished, now);
      const jobs = [...state.moving, ...state.finished];
      const listed = new Set(jobs.map((job) => job.mobilesd_job_id));
      for (const [id, card] of cards) {
        if (listed.has(id)) continue;
        card.root.remove();
        cards.delete(id);
      }
      // The page holds some of the jobs only, the queue's counts hold them all.
      moving.setCount(Math.max(state.movingTotal, state.moving.length), false);
      finished.setCount(state.finishedTotal, state.isFinishedTotalMinimum);
    },
  };
}
