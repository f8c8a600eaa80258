import { DURATIONS, type FailureKind, LIMITS } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Failure,
  isTerminal,
  type JobChange,
  type JobStep,
  type JobState,
  transition,
} from "../../src/domain/job-machine.ts";

const NOW = 1_800_000_000_000;
const at = { now: NOW, random: 0.5, durations: DURATIONS };

const FRESH: JobState = {
  status: "pending",
  epoch: 0,
  isLeased: false,
  leaseUntil: null,
  attemptCount: 0,
  interruptionCount: 0,
  forgeDeathCount: 0,
  retryCount: 0,
  cancelRequestedAt: null,
  startBy: null,
  notBefore: null,
  holdReason: null,
};
const ASSIGNED: JobState = { ...FRESH, epoch: 1, isLeased: true, leaseUntil: NOW + 60_000 };
const RUNNING: JobState = { ...ASSIGNED, status: "processing", attemptCount: 1 };
const CANCELLING: JobState = { ...RUNNING, cancelRequestedAt: NOW - 1 };

const STATES: Record<string, JobState> = {
  waiting: FRESH,
  held: { ...FRESH, holdReason: "retrying", notBefore: NOW + 1_000 },
  assigned: ASSIGNED,
  running: RUNNING,
  cancelling: CANCELLING,
  completed: { ...FRESH, status: "completed", epoch: 1 },
  failed: { ...FRESH, status: "failed", epoch: 1 },
  cancelled: { ...FRESH, status: "cancelled", epoch: 1 },
};

const failure = (kind: FailureKind): Failure => ({ kind, reason: "forge_error", message: "why" });
const fail = (kind: FailureKind): JobStep => ({ type: "fail", failure: failure(kind) });

const EVENTS: Record<string, JobStep> = {
  "checkpoint missing": { type: "checkpoint_missing" },
  start: { type: "start" },
  complete: { type: "complete" },
  "fail user": fail("user"),
  "fail resource": fail("resource"),
  "fail infra": fail("infra"),
  "fail forge_died": fail("forge_died"),
  "fail interrupted": fail("interrupted"),
  release: { type: "release" },
  "session replaced": { type: "session_replaced" },
  cancel: { type: "cancel" },
  clock: { type: "clock" },
};

/** What an event makes of a state: `status reason`, or `- refusal`. */
function outcome(state: JobState, event: JobStep, when = at): string {
  const result = transition(state, event, when);
  if (!result.ok) return `- ${result.error.code}`;
  return `${result.value.status ?? state.status} ${result.value.statusReason ?? "unchanged"}`;
}

const LOST = "- lease_lost";
const OVER = "- already_finished";
const CANCELLED = "cancelled user_cancelled";
const FINAL = Object.fromEntries(Object.keys(EVENTS).map((name) => [name, OVER]));
const UNLEASED = {
  ...Object.fromEntries(Object.keys(EVENTS).map((name) => [name, LOST])),
  cancel: CANCELLED,
};

/** Every state under every event. */
const CELLS: Record<string, Record<string, string>> = {
  waiting: { ...UNLEASED, clock: "pending queued" },
  held: { ...UNLEASED, clock: "pending unchanged" },
  assigned: {
    "checkpoint missing": "pending missing_checkpoint",
    start: "processing running",
    complete: LOST,
    "fail user": "failed forge_error",
    "fail resource": "failed forge_error",
    "fail infra": "pending retrying",
    "fail forge_died": "pending retrying",
    "fail interrupted": "pending queued",
    release: "pending queued",
    "session replaced": "pending queued",
    cancel: CANCELLED,
    clock: "pending unchanged",
  },
  running: {
    "checkpoint missing": "- nothing_to_do",
    start: "- nothing_to_do",
    complete: "completed done",
    "fail user": "failed forge_error",
    "fail resource": "failed forge_error",
    "fail infra": "pending retrying",
    "fail forge_died": "pending retrying",
    "fail interrupted": "pending queued",
    release: "pending queued",
    "session replaced": "pending queued",
    cancel: "processing cancelling",
    clock: "processing unchanged",
  },
  cancelling: {
    "checkpoint missing": "- nothing_to_do",
    start: "- nothing_to_do",
    complete: CANCELLED,
    "fail user": CANCELLED,
    "fail resource": CANCELLED,
    "fail infra": CANCELLED,
    "fail forge_died": CANCELLED,
    "fail interrupted": CANCELLED,
    release: CANCELLED,
    "session replaced": CANCELLED,
    cancel: "- nothing_to_do",
    clock: "processing unchanged",
  },
  completed: FINAL,
  failed: FINAL,
  cancelled: FINAL,
};

describe("a job", () => {
  const cells = Object.entries(STATES).flatMap(([state, job]) =>
    Object.entries(EVENTS).map(([name, event]) => ({ state, job, name, event })),
  );
  it.each(cells)("that is $state does under $name what the table says", ({ state, ...cell }) => {
    expect(outcome(cell.job, cell.event)).toBe(CELLS[state]?.[cell.name]);
  });

  it("counts an attempt at its start and nowhere else", () => {
    for (const [name, event] of Object.entries(EVENTS)) {
      const result = transition(ASSIGNED, event, at);
      const counted = result.ok ? (result.value.attemptCount ?? 0) : 0;
      expect(counted, name).toBe(name === "start" ? 1 : 0);
    }
  });

  it("gets its attempt back when it was released or cut short", () => {
    for (const event of [EVENTS.release, EVENTS["fail interrupted"], EVENTS["session replaced"]]) {
      expect(event && transition(RUNNING, event, at)).toMatchObject({ value: { attemptCount: 0 } });
    }
  });

  it("fails after its third attempt", () => {
    const third = { ...RUNNING, attemptCount: LIMITS.attemptsMax };
    expect(outcome({ ...third, attemptCount: 2 }, fail("infra"))).toBe("pending retrying");
    expect(outcome(third, fail("infra"))).toBe("failed forge_error");
  });

  it("fails as lost after its tenth interruption", () => {
    const ninth = { ...RUNNING, interruptionCount: LIMITS.interruptionsMax - 1 };
    expect(outcome({ ...ninth, interruptionCount: 8 }, fail("interrupted"))).toBe("pending queued");
    expect(outcome(ninth, fail("interrupted"))).toBe("failed agent_lost");
  });

  it("is poison when Forge dies during it for the second time", () => {
    const second = { ...RUNNING, forgeDeathCount: 1 };
    expect(outcome(second, fail("forge_died"))).toBe("failed poison");
    expect(outcome(second, fail("infra"))).toBe("pending retrying");
  });

  it("waits longer after each failure, within the cap, also when it never started", () => {
    const waits = [0, 1, 2, 20].map((retryCount) => {
      const failed = transition({ ...ASSIGNED, retryCount }, fail("infra"), { ...at, random: 1 });
      return failed.ok ? (failed.value.notBefore ?? 0) - NOW : 0;
    });
    expect(waits).toEqual([10_000, 20_000, 40_000, DURATIONS.retryMaxMs]);
  });

  it("keeps the word about the field that was to blame", () => {
    const blame = { ...failure("user"), reason: "missing_name" as const, field: "sampler_name" };
    expect(transition(RUNNING, { type: "fail", failure: blame }, at)).toMatchObject({
      value: { error: { code: "missing_name", message: "why", field: "sampler_name" } },
    });
  });
});

describe("time alone", () => {
  const tick = (state: JobState, now: number) =>
    outcome(state, EVENTS.clock as JobStep, { ...at, now });
  const until = NOW + 60_000;

  it("shows a running job as offline when its lease ends, and loses it only after the deadline", () => {
    expect(tick(RUNNING, until)).toBe("processing agent_offline");
    expect(tick(RUNNING, until + DURATIONS.offlineDeadlineMs - 1)).toBe("processing agent_offline");
    expect(tick(RUNNING, until + DURATIONS.offlineDeadlineMs)).toBe("failed agent_lost");
  });

  it("gives an assigned job back only after its grace", () => {
    expect(tick(ASSIGNED, until + DURATIONS.leaseGraceMs - 1)).toBe("pending unchanged");
    expect(tick(ASSIGNED, until + DURATIONS.leaseGraceMs)).toBe("pending queued");
  });

  it("forces a cancel after its grace and not before", () => {
    const forcedAt = (CANCELLING.cancelRequestedAt ?? 0) + DURATIONS.cancelGraceMs;
    expect(tick(CANCELLING, forcedAt - 1)).toBe("processing unchanged");
    expect(tick(CANCELLING, forcedAt)).toBe(CANCELLED);
  });

  it("lets a held job go when its time has come, and expires one that should have started", () => {
    const held = { ...FRESH, holdReason: "not_before", notBefore: NOW + 5 } as const;
    expect(tick(held, NOW + 4)).toBe("pending unchanged");
    expect(tick(held, NOW + 5)).toBe("pending queued");
    expect(tick({ ...held, startBy: NOW + 3 }, NOW + 3)).toBe("cancelled expired");
    const missing = { ...FRESH, holdReason: "missing_checkpoint", startBy: NOW + 9 } as const;
    expect(tick(missing, NOW + 8)).toBe("- nothing_to_do");
    expect(tick(missing, NOW + 9)).toBe("cancelled expired");
  });

  it("looks at a job that waits for a retry no later than its deadline", () => {
    const failed = transition({ ...RUNNING, startBy: NOW + 2 }, fail("infra"), at);
    expect(failed).toMatchObject({ value: { wakeAt: NOW + 2 } });
  });

  it("puts an old row that was processing without a lease back to work", () => {
    const old = { ...FRESH, status: "processing" } as const;
    expect(tick(old, NOW)).toBe("pending queued");
  });
});

/** The row after a change, as storage writes it. */
function apply(job: JobState, change: JobChange): JobState {
  const {
    isStarted: _,
    isFinished: __,
    statusReason: ___,
    wakeAt: ____,
    error: _____,
    ...rest
  } = change;
  const { endsLease, ...columns } = rest;
  const ended = endsLease ? { isLeased: false, leaseUntil: null, epoch: job.epoch + 1 } : {};
  return { ...job, ...columns, ...ended };
}

type Step = JobStep | { readonly type: "claim" };

const STEPS: Step[] = [...Object.values(EVENTS), { type: "claim" }];

describe("whatever happens to a job", () => {
  const story = fc.array(
    fc.record({
      step: fc.constantFrom(...STEPS),
      passMs: fc.constantFrom(0, 1, 20_000, 100_000, DURATIONS.offlineDeadlineMs),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
    { maxLength: 80 },
  );

  it("ends are final, epochs only grow, and attempts and interruptions stay within their limits", () => {
    fc.assert(
      fc.property(story, (steps) => {
        let job = FRESH;
        let now = NOW;
        for (const { step, passMs, random } of steps) {
          now += passMs;
          const before = job;
          if (step.type === "claim") {
            if (job.status === "pending" && !job.isLeased && job.holdReason === null) {
              const leaseUntil = now + DURATIONS.leaseTtlMs;
              job = { ...job, isLeased: true, epoch: job.epoch + 1, leaseUntil };
            }
          } else {
            const result = transition(job, step, { now, random, durations: DURATIONS });
            if (isTerminal(before.status)) expect(result.ok).toBe(false);
            if (result.ok) job = apply(job, result.value);
          }
          expect(job.epoch).toBeGreaterThanOrEqual(before.epoch);
          if (before.isLeased && !job.isLeased) expect(job.epoch).toBe(before.epoch + 1);
          expect(job.attemptCount).toBeLessThanOrEqual(LIMITS.attemptsMax);
          expect(job.interruptionCount).toBeLessThanOrEqual(LIMITS.interruptionsMax);
          expect(job.forgeDeathCount).toBeLessThanOrEqual(LIMITS.forgeDeathsMax);
          if (job.interruptionCount === LIMITS.interruptionsMax) expect(job.status).toBe("failed");
          if (job.forgeDeathCount === LIMITS.forgeDeathsMax) expect(job.status).toBe("failed");
          if (before.cancelRequestedAt !== null) expect(job.status).not.toBe("completed");
          if (job.status === "processing") expect(job.isLeased).toBe(true);
          if (isTerminal(job.status)) expect(job.isLeased).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
