/**
 * The life of a job, once in prose and once as code.
 *
 * pending     Waits for its server. Held (`holdReason`) while something must come first: a backoff, a
 *             `not_before`, a checkpoint. Leased but not started is still pending, shown as `assigned`.
 * processing  A server runs it under a lease. When the lease expires the row waits for that same server
 *             (`agent_offline`), because a job is pinned to its server and nobody else may run it.
 * completed, failed, cancelled   Final: no event leaves them. A trigger in the database says it again.
 *
 * submit -> pending; claim: pending -> pending with a lease (one conditional statement in storage);
 * checkpoint_missing (at the claim: the server has lost the file) -> pending, held until it is back;
 * start -> processing, the one place where an attempt is counted; complete -> completed.
 * fail: `user` and `resource` -> failed; `infra` -> pending with backoff, failed after 3 attempts;
 * `forge_died` -> as infra, but the second time failed (`poison`); `interrupted` -> pending, the attempt
 * given back, failed (`agent_lost`) after 10 of them. release -> pending, at no attempt's cost.
 * cancel: pending -> cancelled at once; processing -> the agent is told, and whatever ends the lease
 * from then on (release, fail, expiry, silence) ends in cancelled; a `complete` is refused.
 *
 * Every change that ends or replaces a lease raises the epoch, which is the fence against late writers.
 */
import type {
  FailureKind,
  FailureReason,
  JobError,
  JobStatus,
  StatusReason,
} from "@mobilesd/contract";
import { type Durations, LIMITS } from "@mobilesd/contract";
import { backoffCapMs, withFullJitter } from "./backoff.ts";
import { err, ok, type Result } from "./result.ts";

/** Why a pending job cannot be claimed yet. */
export type HoldReason = "retrying" | "not_before" | "missing_checkpoint";

/** When the sweep looks at a job that waits for a checkpoint and has no deadline: far enough to never come. */
export const HELD_WAKE_AT = 8_640_000_000_000_000;

/** What the machine looks at. Times are milliseconds since the epoch, by the Worker's clock. */
export interface JobState {
  readonly status: JobStatus;
  readonly epoch: number;
  readonly isLeased: boolean;
  readonly leaseUntil: number | null;
  readonly attemptCount: number;
  readonly interruptionCount: number;
  readonly forgeDeathCount: number;
  readonly retryCount: number;
  readonly cancelRequestedAt: number | null;
  /** A pending job must have started by then. */
  readonly startBy: number | null;
  readonly notBefore: number | null;
  readonly holdReason: HoldReason | null;
}

/** What an error says, beside its code. */
interface Saying {
  readonly message: string;
  readonly owner_message?: string | undefined;
  readonly field?: string | undefined;
}

export interface Failure extends Saying {
  readonly kind: FailureKind;
  readonly reason: FailureReason;
}

export type JobStep =
  | { readonly type: "checkpoint_missing" }
  | { readonly type: "start" }
  | { readonly type: "complete" }
  | { readonly type: "fail"; readonly failure: Failure }
  | { readonly type: "release" }
  | { readonly type: "session_replaced" }
  | { readonly type: "cancel" }
  | { readonly type: "clock" };

/** The columns that a step changes. Absent: unchanged. */
export interface JobChange {
  readonly status?: JobStatus;
  readonly statusReason?: StatusReason | null;
  readonly holdReason?: HoldReason | null;
  readonly notBefore?: number | null;
  /** When the sweep must look at the row next, or null for never. */
  readonly wakeAt?: number | null;
  readonly attemptCount?: number;
  readonly interruptionCount?: number;
  readonly forgeDeathCount?: number;
  readonly retryCount?: number;
  readonly cancelRequestedAt?: number;
  readonly error?: JobError | null;
  /** Ends the lease and raises the epoch. */
  readonly endsLease?: true;
  readonly isStarted?: true;
  readonly isFinished?: true;
}

export interface Refusal {
  readonly code: "already_finished" | "lease_lost" | "job_cancelled" | "nothing_to_do";
}

interface Circumstances {
  readonly now: number;
  /** Uniform in [0, 1), for the jitter of a backoff. */
  readonly random: number;
  readonly durations: Durations;
}

export function isTerminal(status: JobStatus): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

function finish(
  status: "completed" | "failed" | "cancelled",
  statusReason: StatusReason,
  error: JobChange["error"] = null,
): JobChange {
  return {
    status,
    statusReason,
    holdReason: null,
    wakeAt: null,
    error,
    endsLease: true,
    isFinished: true,
  };
}

const cancelled = () => finish("cancelled", "user_cancelled");

function errorOf(code: StatusReason, { message, owner_message, field }: Saying): JobError {
  return {
    code,
    message,
    ...(owner_message === undefined ? {} : { owner_message }),
    ...(field === undefined ? {} : { field }),
  };
}

function failed(reason: StatusReason, saying: Saying): JobChange {
  return finish("failed", reason, errorOf(reason, saying));
}

/** Back to the queue, at once: the sweep keeps watching only a job that has a deadline. */
function backToQueue(job: JobState): JobChange {
  return {
    status: "pending",
    statusReason: "queued",
    holdReason: null,
    wakeAt: job.startBy,
    endsLease: true,
  };
}

/** What failed before it started counts no attempt, so the backoff grows by retries instead. */
function retryLater(job: JobState, failure: Failure, at: Circumstances): JobChange {
  const { retryBaseMs, retryMaxMs } = at.durations;
  const capMs = backoffCapMs(job.retryCount + 1, retryBaseMs, retryMaxMs);
  const notBefore = at.now + withFullJitter(capMs, at.random);
  return {
    ...backToQueue(job),
    statusReason: "retrying",
    holdReason: "retrying",
    notBefore,
    wakeAt: Math.min(notBefore, job.startBy ?? notBefore),
    retryCount: job.retryCount + 1,
    error: errorOf(failure.reason, failure),
  };
}

function interrupt(job: JobState): JobChange {
  const interruptionCount = job.interruptionCount + 1;
  if (interruptionCount >= LIMITS.interruptionsMax) {
    const message = `The run was cut short ${interruptionCount} times by its agent, the queue or the box`;
    return { ...failed("agent_lost", { message }), interruptionCount };
  }
  return {
    ...backToQueue(job),
    interruptionCount,
    attemptCount: Math.max(0, job.attemptCount - 1),
    retryCount: job.retryCount + 1,
  };
}

function fail(job: JobState, failure: Failure, at: Circumstances): JobChange {
  if (failure.kind === "interrupted") return interrupt(job);
  if (failure.kind === "user" || failure.kind === "resource")
    return failed(failure.reason, failure);
  const forgeDeathCount = job.forgeDeathCount + (failure.kind === "forge_died" ? 1 : 0);
  if (forgeDeathCount >= LIMITS.forgeDeathsMax) {
    const message = `Forge died or hung ${forgeDeathCount} times during this job. ${failure.message}`;
    return { ...failed("poison", { ...failure, message }), forgeDeathCount };
  }
  if (job.attemptCount >= LIMITS.attemptsMax) {
    return { ...failed(failure.reason, failure), forgeDeathCount };
  }
  return { ...retryLater(job, failure, at), forgeDeathCount };
}

function holdForCheckpoint(job: JobState): Result<JobChange, Refusal> {
  if (job.status !== "pending") return err({ code: "nothing_to_do" });
  return endLease(job, {
    ...backToQueue(job),
    statusReason: "missing_checkpoint",
    holdReason: "missing_checkpoint",
    wakeAt: job.startBy ?? HELD_WAKE_AT,
  });
}

function start(job: JobState): Result<JobChange, Refusal> {
  if (job.status === "processing") return err({ code: "nothing_to_do" });
  return ok({
    status: "processing",
    statusReason: "running",
    attemptCount: job.attemptCount + 1,
    isStarted: true,
    error: null,
  });
}

function cancel(job: JobState, at: Circumstances): Result<JobChange, Refusal> {
  if (job.status === "pending") return ok({ ...cancelled(), cancelRequestedAt: at.now });
  if (job.cancelRequestedAt !== null) return err({ code: "nothing_to_do" });
  return ok({
    statusReason: "cancelling",
    cancelRequestedAt: at.now,
    wakeAt: at.now + at.durations.cancelGraceMs,
  });
}

/** What time alone does to a job; the sweep asks this of every row whose `wakeAt` has come. */
function tick(job: JobState, at: Circumstances): Result<JobChange, Refusal> {
  const { now, durations } = at;
  if (job.status === "processing") {
    if (!job.isLeased) return ok(interrupt(job));
    if (job.cancelRequestedAt !== null) {
      const forcedAt = job.cancelRequestedAt + durations.cancelGraceMs;
      return now >= forcedAt ? ok(cancelled()) : ok({ wakeAt: forcedAt });
    }
    const lostAt = (job.leaseUntil ?? now) + durations.offlineDeadlineMs;
    if (now >= lostAt) {
      return ok(failed("agent_lost", { message: "Its server did not come back in time" }));
    }
    if (job.leaseUntil !== null && now >= job.leaseUntil) {
      return ok({ statusReason: "agent_offline", wakeAt: lostAt });
    }
    return ok({ wakeAt: job.leaseUntil });
  }
  if (job.isLeased) {
    const givenBackAt = (job.leaseUntil ?? now) + durations.leaseGraceMs;
    return now >= givenBackAt ? ok(backToQueue(job)) : ok({ wakeAt: givenBackAt });
  }
  if (job.startBy !== null && now >= job.startBy) return ok(finish("cancelled", "expired"));
  if (job.holdReason === "missing_checkpoint") return err({ code: "nothing_to_do" });
  if (job.notBefore !== null && now < job.notBefore) {
    return ok({ wakeAt: Math.min(job.notBefore, job.startBy ?? job.notBefore) });
  }
  return ok({ statusReason: "queued", holdReason: null, wakeAt: job.startBy });
}

/** The lease ended without a result although the run was wanted no more: that is what a cancel waits for. */
function endLease(job: JobState, change: JobChange): Result<JobChange, Refusal> {
  return ok(job.cancelRequestedAt === null ? change : cancelled());
}

/**
 * What a step does to a job, or why it may not. Total and pure: that the caller holds the lease, and
 * that the row has not moved meanwhile, is held by the statement that applies the change.
 */
export function transition(
  job: JobState,
  step: JobStep,
  at: Circumstances,
): Result<JobChange, Refusal> {
  if (isTerminal(job.status)) return err({ code: "already_finished" });
  if (step.type === "cancel") return cancel(job, at);
  if (step.type === "clock") return tick(job, at);
  if (!job.isLeased) return err({ code: "lease_lost" });
  switch (step.type) {
    case "checkpoint_missing":
      return holdForCheckpoint(job);
    case "start":
      return start(job);
    case "complete":
      if (job.cancelRequestedAt !== null) return ok(cancelled());
      if (job.status !== "processing") return err({ code: "lease_lost" });
      return ok(finish("completed", "done"));
    case "fail":
      return endLease(job, fail(job, step.failure, at));
    case "release":
      return endLease(
        job,
        job.status === "processing"
          ? { ...backToQueue(job), attemptCount: Math.max(0, job.attemptCount - 1) }
          : backToQueue(job),
      );
    case "session_replaced":
      return endLease(job, job.status === "processing" ? interrupt(job) : backToQueue(job));
  }
}
