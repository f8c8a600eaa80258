import type { JobList, JobView, ListedJob } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  EMPTY_STATE,
  isFinishedStale,
  newlyDone,
  type QueueState,
  withAnswer,
} from "../../src/web/store.ts";

/** Only what the store looks at; a job's row has much more. */
function job(id: string, status: JobView["status"], queue_position: number | null = null) {
  return { mobilesd_job_id: id, status, queue_position } as ListedJob;
}

function listOf(...jobs: ListedJob[]): JobList {
  return { jobs, next_cursor: null, total: jobs.length };
}

function seen(
  before: QueueState,
  open: readonly ListedJob[],
  finished?: readonly ListedJob[],
  now = 1_000,
): QueueState {
  const answer = { open: listOf(...open), finished: finished && listOf(...finished), servers: [] };
  return withAnswer(before, answer, now, now);
}

const ids = (jobs: readonly JobView[]) => jobs.map((one) => one.mobilesd_job_id);

describe("the order of the jobs on the page", () => {
  it("is the running one, then the next ones, then what is over as the queue lists it", () => {
    const open = [
      job("old", "pending", 2),
      job("now", "processing"),
      job("urgent", "pending", 1),
      job("new", "pending", 3),
    ];
    const state = seen(EMPTY_STATE, open, [job("yes", "completed"), job("no", "failed")]);
    expect(ids(state.moving)).toEqual(["now", "urgent", "old", "new"]);
    expect(ids(state.finished)).toEqual(["yes", "no"]);
  });

  it("is by age where places are the same, as behind the hundredth", () => {
    const open = [job("old", "pending", 100), job("new", "pending", 100)];
    expect(ids(seen(EMPTY_STATE, open, []).moving)).toEqual(["old", "new"]);
  });

  it("has a job that ended between two questions in one place only", () => {
    const state = seen(EMPTY_STATE, [job("a", "processing")], [job("a", "completed")]);
    expect([ids(state.moving), ids(state.finished)]).toEqual([[], ["a"]]);
  });
});

describe("how often the page looks at what is over", () => {
  it("is only when something ended, and once in a while", () => {
    const open = listOf(job("a", "processing"), job("b", "pending"));
    const newest = job("c", "completed");
    expect(isFinishedStale(EMPTY_STATE, open, newest, 0)).toBe(true);
    const state = seen(EMPTY_STATE, open.jobs, [newest]);
    expect(isFinishedStale(state, open, newest, 3_000)).toBe(false);
    const more = listOf(...open.jobs, job("d", "pending"));
    expect(isFinishedStale(state, more, newest, 3_000)).toBe(false);
    expect(isFinishedStale(state, listOf(job("b", "processing")), newest, 3_000)).toBe(true);
    expect(isFinishedStale(state, open, job("quick", "completed"), 3_000)).toBe(true);
    expect(isFinishedStale(state, open, undefined, 3_000)).toBe(true);
    expect(isFinishedStale(state, open, newest, 61_000)).toBe(true);
    const later = seen(state, open.jobs, undefined, 5_000);
    expect(ids(later.finished)).toEqual(["c"]);
    expect(isFinishedStale(later, open, newest, 61_000)).toBe(true);
  });
});

describe("a picture that became ready", () => {
  it("is told once, and never for what was there when the page opened", () => {
    const before = seen(EMPTY_STATE, [job("a", "processing")], [job("b", "completed")]);
    const done = seen(before, [], [job("a", "completed"), job("b", "completed")]);
    expect(ids(newlyDone(before, done))).toEqual(["a"]);
    expect(newlyDone(done, done)).toEqual([]);
    expect(newlyDone(EMPTY_STATE, done)).toEqual([]);
  });
});
