/** Waits between tries of one request double from here … */
const BASE_MS = 1_000;
/** … to here: a queue that is back is found within this time. */
const CAP_MS = 15_000;

/**
 * Milliseconds before the next try: uniform in [0, min(cap, base·2^(attempt-1))]. The chance is applied
 * after the cap, so that a herd of agents at the cap spreads as well. `attempt` counts from 1, `random`
 * lies in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)) * random);
}
