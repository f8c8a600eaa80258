import { LIMITS } from "@mobilesd/contract";
import { type RunningJob, runMs, type ServerTiming, type WaitingJob, waitMs } from "./estimate.ts";

/** Where a job stands in its server's order: by priority, then age, then id. */
export interface Place {
  readonly priority: number;
  readonly creationTimestamp: string;
  readonly id: string;
}

/** Whether one place comes before another. Timestamps of one form sort as text. */
export function isBefore(a: Place, b: Place): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp;
  return a.id < b.id;
}

/** What a server is doing: the job that it draws, if any, those it has begun behind it, and how fast it is. */
export interface ServerWork {
  readonly running: RunningJob | null;
  /** Already in Forge's own line: no place in the queue, but time. */
  readonly following: readonly WaitingJob[];
  readonly timing: ServerTiming;
}

/** A job's place in its queue; times in milliseconds since the epoch. */
export interface Outcome {
  readonly position: number;
  /** `position` and the times are lower bounds: more stand before it than were counted. */
  readonly isMinimum: boolean;
  readonly startAt: number;
  readonly completionAt: number;
}

/** A job that would wait; `notBefore` in milliseconds since the epoch. */
export type Waiting = WaitingJob & { readonly notBefore: number | null };

/**
 * Where a waiting job stands behind those `ahead` of it, at most `positionMax` of which are known, and when
 * it should run.
 */
export function outcomeOf(
  job: Waiting,
  ahead: readonly WaitingJob[],
  { running, following, timing }: ServerWork,
  now: number,
): Outcome {
  const before = [...following, ...ahead];
  const previous = before.at(-1)?.checkpointName ?? running?.checkpointName ?? null;
  const startAt = Math.max(now + waitMs(running, before, timing), job.notBefore ?? 0);
  const isMinimum = ahead.length >= LIMITS.positionMax;
  return {
    position: isMinimum ? LIMITS.positionMax : ahead.length + 1,
    isMinimum,
    startAt,
    completionAt: startAt + runMs(job, previous, timing),
  };
}

/** When a running job should end, and never in the past. */
export function runningEndAt(
  job: WaitingJob & { readonly startedAt: number },
  timing: ServerTiming,
  now: number,
): number {
  return Math.max(now, job.startedAt + runMs(job, job.checkpointName, timing));
}
