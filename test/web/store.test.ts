import type { JobStatusView, JobView } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  EMPTY_STATE,
  jobsToEstimate,
  newlyDone,
  nextLookMs,
  type QueueState,
  splitJobs,
} from "../../src/web/store.ts";

/** Only what the store looks at; a job's row has much more. */
function job(id: string, status: JobView["status"]): JobView {
  return { mobilesd_job_id: id, status } as JobView;
}

function stateOf(jobs: JobView[], positions: Record<string, number> = {}): QueueState {
  const estimates = Object.entries(positions).map(
    ([id, queue_position]) => [id, { queue_position } as JobStatusView] as const,
  );
  return { ...EMPTY_STATE, jobs, estimates: new Map(estimates), knownAt: 1 };
}

const ids = (jobs: readonly JobView[]) => jobs.map((one) => one.mobilesd_job_id);

describe("the order of the jobs on the page", () => {
  it("is the running one, then the next ones, then what is over with the newest first", () => {
    const jobs = [
      job("new", "pending"),
      job("urgent", "pending"),
      job("old", "pending"),
      job("now", "processing"),
      job("yes", "completed"),
      job("no", "failed"),
    ];
    const { moving, finished } = splitJobs(stateOf(jobs, { urgent: 1, old: 2, new: 3 }));
    expect(ids(moving)).toEqual(["now", "urgent", "old", "new"]);
    expect(ids(finished)).toEqual(["yes", "no"]);
  });

  it("is by age where places are not known yet", () => {
    const { moving } = splitJobs(stateOf([job("new", "pending"), job("old", "pending")]));
    expect(ids(moving)).toEqual(["old", "new"]);
  });
});

describe("how often the page looks", () => {
  it("is every two seconds while something moves, less often while all is still", () => {
    expect(nextLookMs(stateOf([job("a", "pending")]))).toBe(2_000);
    expect(nextLookMs(stateOf([job("a", "completed")]))).toBe(5_000);
    expect(nextLookMs({ ...stateOf([job("a", "pending")]), isConnected: false })).toBe(4_000);
  });

  it("asks for the places of few jobs, however many wait", () => {
    const many = Array.from({ length: 200 }, (_, index) => job(`job${index}`, "pending"));
    const asked = ids(jobsToEstimate([...many, job("now", "processing")]));
    expect(asked).toHaveLength(6);
    expect(asked.slice(0, 2)).toEqual(["now", "job199"]);
  });
});

describe("a picture that became ready", () => {
  it("is told once, and never for what was there when the page opened", () => {
    const before = stateOf([job("a", "processing"), job("b", "completed")]);
    const after = stateOf([job("a", "completed"), job("b", "completed")]);
    expect(ids(newlyDone(before, after))).toEqual(["a"]);
    expect(newlyDone(after, after)).toEqual([]);
    expect(newlyDone(EMPTY_STATE, after)).toEqual([]);
  });
});
