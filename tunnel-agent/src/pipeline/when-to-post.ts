import type { Durations, RunPhase } from "@mobilesd/contract";

/** The run that Forge is at, as far as it decides whether another may be handed over behind it. */
export interface RunAhead {
  readonly phase: RunPhase;
  /** Until it leaves the GPU; null while that cannot be told. */
  readonly remainingMs: number | null;
  /** What one of its moves takes, in milliseconds. */
  readonly moveMs: number;
  /** The options that its request overrides. */
  readonly overrideKeys: readonly string[];
  /** It is to be stopped: an interrupt might hit what comes behind it. */
  readonly isStopPending: boolean;
}

/**
 * Options that are read when an answer is encoded, which is after the lock: overridden by the next job they
 * would change the pictures of the one before (forge-reference 8.2).
 */
const ENCODING_OPTIONS: ReadonlySet<string> = new Set([
  "samples_format",
  "jpeg_quality",
  "webp_lossless",
  "enable_pnginfo",
]);

/** Whether two requests override the same options, so that none is left with a value of the other. Pure. */
export function hasSameKeys(a: readonly string[], b: readonly string[]): boolean {
  const keys = new Set(a);
  return keys.size === new Set(b).size && b.every((key) => keys.has(key));
}

/**
 * Whether a run ends so soon that another is worth a place in Forge's line, which cannot be taken back. It may end a
 * whole move before its time: Forge counts a step after the next one is drawn, and the decode not at all
 * (forge-reference 1.8). Pure.
 */
function isAboutToEnd(ahead: RunAhead, durations: Durations): boolean {
  if (ahead.isStopPending) return false;
  if (ahead.phase === "finishing") return true;
  const { remainingMs, moveMs } = ahead;
  if (ahead.phase !== "drawing" || remainingMs === null) return false;
  return remainingMs - moveMs <= durations.prePostLeadMs;
}

/**
 * Whether a request may be handed to Forge behind the one that runs, so that it begins while the answer of
 * that one is still being encoded. Pure.
 */
export function mayPostBehind(
  ahead: RunAhead,
  overrideKeys: readonly string[],
  durations: Durations,
): boolean {
  const reachesEncoding = overrideKeys.some((key) => ENCODING_OPTIONS.has(key));
  if (reachesEncoding || !hasSameKeys(ahead.overrideKeys, overrideKeys)) return false;
  return isAboutToEnd(ahead, durations);
}
