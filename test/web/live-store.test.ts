import type {
  JobEvent,
  JobList,
  JobView,
  ListedJob,
  ProgressEvent,
  ServerView,
} from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  lookAfter,
  withBreak,
  withCancel,
  withContact,
  withEvent,
  withLoss,
  withMode,
  withoutJob,
} from "../../src/web/live-store.ts";
import { EMPTY_STATE, newlyDone, type QueueState, withAnswer } from "../../src/web/store.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 12, 0, second)).toISOString();

/** Only what the store looks at. `second`: when the row last changed. */
function job(id: string, status: JobView["status"], second = 0, more: object = {}): ListedJob {
  const row = {
    mobilesd_job_id: id,
    status,
    status_reason: null,
    last_updated_timestamp: at(second),
  };
  const counts = {
    creation_timestamp: at(0),
    started_timestamp: null,
    attempt_count: 0,
    interruption_count: 0,
  };
  return { ...counts, ...row, ...more } as ListedJob;
}

const event = (told: ListedJob, epoch = 1): JobEvent => ({
  type: "job",
  id: "life.1",
  mobilesd_job_id: told.mobilesd_job_id,
  sequence: [epoch, 0],
  status: told.status,
  progress: 0,
  job: told,
});

const progress = (id: string, percent: number, epoch = 1, n = percent): ProgressEvent => ({
  type: "progress",
  id: "life.2",
  mobilesd_job_id: id,
  sequence: [epoch, n],
  status: "processing",
  progress: percent,
  phase: "drawing",
  estimated_completion_time: null,
});

const listOf = (jobs: readonly ListedJob[]): JobList => ({
  jobs: [...jobs],
  next_cursor: null,
  total: jobs.length,
});

/** The state after an answer to a question of `askedAt`. */
function seen(
  before: QueueState,
  open: readonly ListedJob[],
  over?: readonly ListedJob[],
  askedAt = 0,
  servers: readonly ServerView[] = [],
): QueueState {
  const answer = { open: listOf(open), finished: over && listOf(over), servers };
  return withAnswer(before, answer, askedAt, askedAt);
}

const ids = (jobs: readonly JobView[]) => jobs.map((one) => one.mobilesd_job_id);
const told = (before: QueueState, ...events: readonly Parameters<typeof withEvent>[1][]) =>
  events.reduce((state, one) => withEvent(state, one, 100), before);

describe("a row that changed", () => {
  const start = seen(
    EMPTY_STATE,
    [job("a", "processing"), job("b", "pending", 0, { queue_position: 1 })],
    [],
  );

  it("is on the page at once: begun, ended, new or deleted", () => {
    const begun = told(start, event(job("b", "processing", 1)));
    expect(begun.moving.map((one) => one.status)).toEqual(["processing", "processing"]);
    const done = told(start, event(job("a", "completed", 1)));
    expect([ids(done.moving), ids(done.finished)]).toEqual([["b"], ["a"]]);
    expect([done.movingTotal, done.finishedTotal]).toEqual([1, 1]);
    expect(ids(newlyDone(start, done))).toEqual(["a"]);
    const more = told(start, event(job("c", "pending", 1)));
    expect([ids(more.moving), more.movingTotal]).toEqual([["a", "b", "c"], 3]);
    const less = told(done, { ...event(job("a", "completed")), status: null, job: null });
    expect([ids(less.finished), less.finishedTotal]).toEqual([[], 0]);
  });

  it("keeps its place in line while it waits", () => {
    const paused = told(start, event(job("b", "pending", 1, { status_reason: "paused" })));
    expect(paused.moving[1]).toMatchObject({ status_reason: "paused", queue_position: 1 });
  });

  it("is not undone by an older word of it, nor ended twice", () => {
    const done = told(start, event(job("a", "completed", 5)));
    expect(told(done, event(job("a", "processing", 4)))).toBe(done);
    expect(told(done, event(job("a", "pending", 6)))).toBe(done);
    const running = told(start, progress("a", 10, 3));
    expect(told(running, event(job("a", "pending", 9), 2))).toBe(running);
  });

  it("is told though the hub counts anew, as after its sleep", () => {
    const running = told(start, progress("a", 57));
    expect(ids(told(running, event(job("a", "completed", 1))).finished)).toEqual(["a"]);
  });

  it("stands among what is over by its age", () => {
    const old = seen(
      EMPTY_STATE,
      [job("b", "pending", 0, { creation_timestamp: at(2) })],
      [
        job("c", "completed", 3, { creation_timestamp: at(3) }),
        job("a", "failed", 1, { creation_timestamp: at(1) }),
      ],
    );
    const done = told(old, event(job("b", "completed", 9, { creation_timestamp: at(2) })));
    expect(ids(done.finished)).toEqual(["c", "b", "a"]);
  });
});

describe("an answer to a question that is older than an event", () => {
  const start = seen(EMPTY_STATE, [job("a", "processing"), job("b", "pending")], []);

  it("does not bring back what has ended, begun or gone since", () => {
    const done = told(start, event(job("a", "completed", 1)));
    const after = seen(done, [job("a", "processing"), job("b", "pending")], [], 50);
    expect([ids(after.moving), ids(after.finished)]).toEqual([["b"], ["a"]]);
    const begun = told(start, event(job("b", "processing", 1)));
    expect(seen(begun, [job("b", "pending")], undefined, 50).moving[0]?.status).toBe("processing");
    const deleted = withoutJob(start, "b", 100);
    expect(
      ids(seen(deleted, [job("a", "processing"), job("b", "pending")], [], 50).moving),
    ).toEqual(["a"]);
  });

  it("does not take away what came since", () => {
    const more = told(start, event(job("c", "pending", 1)));
    expect(ids(seen(more, start.moving, [], 50).moving)).toContain("c");
    expect(ids(seen(more, start.moving, [], 150).moving)).not.toContain("c");
  });

  it("counts where its row is the newer one all the same", () => {
    const begun = told(start, event(job("b", "processing", 1)));
    const after = seen(begun, [job("a", "processing"), job("b", "pending", 2)], [], 50);
    expect(after.moving[1]?.status).toBe("pending");
  });
});

describe("what is heard of a run", () => {
  const start = seen(EMPTY_STATE, [job("a", "processing")], []);
  const running = told(start, progress("a", 40));

  it("is kept while the job runs and its answers tell of the same run", () => {
    expect(running.runs.get("a")?.progress).toBe(40);
    expect(seen(running, [job("a", "processing", 1)], []).runs.get("a")?.progress).toBe(40);
    expect(seen(running, [job("a", "processing", 1, { attempt_count: 2 })], []).runs.size).toBe(0);
  });

  it("ends with the run: done, given back, or begun anew", () => {
    expect(told(running, event(job("a", "completed", 1))).runs.size).toBe(0);
    expect(told(running, event(job("a", "pending", 1))).runs.size).toBe(0);
    expect(told(running, event(job("a", "processing", 1), 2)).runs.size).toBe(0);
    expect(told(running, event(job("a", "processing", 1))).runs.size).toBe(1);
  });

  it("changes nothing where it is old, or of a job that is over or not seen", () => {
    expect(told(running, progress("a", 30))).toBe(running);
    expect(told(running, progress("x", 30))).toBe(running);
    const done = told(running, event(job("a", "completed", 1)));
    expect(told(done, progress("a", 99))).toBe(done);
  });
});

describe("what is asked anew after an event", () => {
  const start = seen(EMPTY_STATE, [job("a", "processing"), job("b", "pending")], []);
  const lookOf = (one: Parameters<typeof withEvent>[1]) => lookAfter(start, told(start, one), one);

  it("is everything after a gap, the line when it changed, and else nothing", () => {
    expect(lookOf({ type: "gap", id: "life.9" })).toBe("whole");
    expect(lookOf(event(job("a", "completed", 1)))).toBe("line");
    expect(lookOf(event(job("c", "pending", 1)))).toBe("line");
    expect(lookOf(event(job("b", "pending", 1)))).toBeNull();
    expect(lookOf(progress("a", 10))).toBeNull();
  });

  it("is the line where something runs that was not known to", () => {
    expect(lookOf(progress("b", 10))).toBe("line");
    expect(lookOf(progress("x", 10))).toBe("line");
  });
});

describe("what a person asks for", () => {
  const start = seen(EMPTY_STATE, [job("a", "processing"), job("b", "pending")], []);

  it("shows before the queue has answered, and as it answered then", () => {
    const wish = { status: null, status_reason: "cancelling" } as const;
    const asked = withCancel(start, "b", wish, 100);
    expect(asked.moving[1]).toMatchObject({ status: "pending", status_reason: "cancelling" });
    const answer = { status: "cancelled", status_reason: "user_cancelled" } as const;
    const answered = withCancel(asked, "b", answer, 100);
    expect([ids(answered.moving), ids(answered.finished)]).toEqual([["a"], ["b"]]);
    expect(withCancel(answered, "b", wish, 100)).toBe(answered);
    const refused = seen(asked, [job("a", "processing"), job("b", "pending")], [], 150);
    expect(refused.moving[1]?.status_reason).toBeNull();
  });

  it("of a server shows at once, and what its hub tells of it too", () => {
    const server = { alias: "Attic", mode: "active", is_present: true } as ServerView;
    const before = seen(EMPTY_STATE, [], [], 0, [server]);
    expect(withMode(before, "Attic", "paused").servers[0]?.mode).toBe("paused");
    const away = told(before, {
      type: "server",
      id: "life.3",
      server_alias: "Attic",
      is_present: false,
      mode: "draining",
    });
    expect(away.servers[0]).toMatchObject({ is_present: false, mode: "draining" });
  });
});

describe("a lost connection", () => {
  it("counts from its first moment, and until anything stands or answers again", () => {
    const lost = withLoss(withLoss(EMPTY_STATE, 5), 9);
    expect(lost.lostAt).toBe(5);
    expect(withContact(lost).lostAt).toBeNull();
    expect(seen(lost, [], []).lostAt).toBeNull();
  });

  it("leaves what a socket told until then known", () => {
    const known = seen(EMPTY_STATE, [], [], 3);
    expect(withBreak(known, 9)).toMatchObject({ knownAt: 9, lostAt: 9 });
    expect(withBreak(EMPTY_STATE, 9).knownAt).toBeNull();
  });
});
