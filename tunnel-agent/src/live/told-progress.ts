import type { Durations, RunPhase } from "@mobilesd/contract";
import type { RunProgress } from "../job/run/watched.ts";

/** What the hub was told last of a run. */
export interface Told {
  /** From 0 to 99. */
  readonly progress: number;
  readonly phase: RunPhase;
  readonly remainingMs: number | null;
  readonly at: number;
}

/** The highest progress of a run that is not completed. */
const PROGRESS_MAX = 99;

/** The end of a run may be expected this much earlier or later before that is worth a message, in milliseconds. */
const END_SHIFT_MS = 1_000;

const progressOf = ({ share }: RunProgress) =>
  Math.min(PROGRESS_MAX, Math.max(0, Math.floor(share * 100)));

/** What to tell after a look: it never goes back, although Forge's own does when another pass begins. Pure. */
export function nextTold(told: Told | null, seen: RunProgress, now: number): Told {
  const progress = Math.max(told?.progress ?? 0, progressOf(seen));
  return { progress, phase: seen.phase, remainingMs: seen.remainingMs, at: now };
}

/** Whether the expected end is another one than was told. */
function hasShifted(told: Told, next: Told): boolean {
  if (told.remainingMs === null || next.remainingMs === null) {
    return told.remainingMs !== next.remainingMs;
  }
  return Math.abs(told.at + told.remainingMs - (next.at + next.remainingMs)) > END_SHIFT_MS;
}

/**
 * Whether a look is worth a message: all that is new while somebody watches; else a change of phase, and the
 * rest every `progressUnwatchedMs`. Pure.
 */
export function isWorthTelling(
  told: Told | null,
  seen: RunProgress,
  { isWatched, now }: { readonly isWatched: boolean; readonly now: number },
  durations: Durations,
): boolean {
  if (told === null || told.phase !== seen.phase) return true;
  const next = nextTold(told, seen, now);
  const isNew = next.progress !== told.progress || hasShifted(told, next);
  return isNew && (isWatched || now - told.at >= durations.progressUnwatchedMs);
}
