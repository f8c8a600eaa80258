import type { ListedJob } from "@mobilesd/contract";
import { boxOfJob } from "./box-of-job.ts";
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

/** A job that just ended stays where it was seen for so long, so that it does not run away from who watched it. */
const LINGER_MS = 4_000;

/** The jobs that stay among those that move for a moment, in front of them. */
function lingerers() {
  const until = new Map<string, number>();
  let moved = new Set<string>();
  return (state: QueueState, now: number): ReadonlySet<string> => {
    const isAlone = state.moving.length === 0;
    for (const job of state.finished) {
      const id = job.mobilesd_job_id;
      if (moved.has(id) && job.status === "completed") until.set(id, now + LINGER_MS);
      if (isAlone || (until.get(id) ?? 0) <= now) until.delete(id);
    }
    moved = new Set(state.moving.map((job) => job.mobilesd_job_id));
    return new Set(until.keys());
  };
}

/** The jobs on the screen: those that still move, and those that are over. */
export function jobLists(actions: JobActions) {
  const cards = new Map<string, JobCard>();
  const lingeringAt = lingerers();
  const moving = section("In the queue", "moving");
  const finished = section("Finished", "finished");

  /** Puts the cards of some jobs into a list, in their order; cards live on by their job's id. */
  const fill = (
    list: HTMLElement,
    jobs: readonly ListedJob[],
    { runs, servers }: QueueState,
    now: number,
  ) => {
    jobs.forEach((job, index) => {
      const id = job.mobilesd_job_id;
      const card = cards.get(id) ?? makeJobCard(actions);
      cards.set(id, card);
      card.update(job, runs.get(id), boxOfJob(servers, job), now);
      if (list.children[index] !== card.root) {
        list.insertBefore(card.root, list.children[index] ?? null);
      }
    });
  };

  return {
    root: element("div", {}, moving.root, finished.root),
    update(state: QueueState, now: number): void {
      const lingering = lingeringAt(state, now);
      const isLingering = (job: ListedJob) => lingering.has(job.mobilesd_job_id);
      const above = [...state.finished.filter(isLingering), ...state.moving];
      const below = state.finished.filter((job) => !isLingering(job));
      fill(moving.list, above, state, now);
      fill(finished.list, below, state, now);
      const listed = new Set([...above, ...below].map((job) => job.mobilesd_job_id));
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
