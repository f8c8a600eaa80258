/** A moment to come as the page tells it, in milliseconds since the epoch, and of what it is the moment. */
export interface SteadyTime {
  readonly of: string;
  readonly at: number;
}

/** A correction smaller than both is not worth a change under somebody's eyes. */
const SHARE_MIN = 0.2;
const CHANGE_MIN_MS = 5_000;

/** The moment to tell once another was estimated: the old one, until it is clearly wrong. Null: none is known. */
export function steadyTime(
  before: SteadyTime | null,
  of: string,
  estimated: number | null,
  now: number,
): SteadyTime | null {
  if (estimated === null || Number.isNaN(estimated)) return null;
  if (before?.of !== of) return { of, at: estimated };
  const limit = Math.max(CHANGE_MIN_MS, SHARE_MIN * (before.at - now));
  return Math.abs(estimated - before.at) > limit ? { of, at: estimated } : before;
}
