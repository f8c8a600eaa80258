/**
 * The longest wait before the next try, in milliseconds: base·2^(attempt-1), capped.
 * `attempt` counts from 1, the one that has just failed.
 */
export function backoffCapMs(attempt: number, baseMs: number, maxMs: number): number {
  return Math.min(maxMs, baseMs * 2 ** (attempt - 1));
}

/**
 * Full jitter, applied after the cap so that a herd at the cap spreads too.
 * `random` is uniform in [0, 1); the answer lies in [0, capMs].
 */
export function withFullJitter(capMs: number, random: number): number {
  return Math.round(capMs * random);
}
