import { DURATIONS } from "@mobilesd/contract";

/** What a socket's line was like until now. */
export interface Line {
  /** Milliseconds that the last socket stood; 0 when it never opened. */
  readonly stoodMs: number;
  /** Tries in a row that led to no good socket. */
  readonly failures: number;
}

const { reconnectSpreadMs, reconnectMaxMs, socketStableMs } = DURATIONS;

/**
 * Milliseconds until the next try, left to chance so that not all pages come at once: after a good socket
 * soon, else anywhere up to a bound that doubles. `random` is in [0, 1).
 */
export function reconnectAfterMs({ stoodMs, failures }: Line, random: number): number {
  if (stoodMs >= socketStableMs) return random * reconnectSpreadMs;
  return random * Math.min(reconnectMaxMs, reconnectSpreadMs * 2 ** failures);
}

/** The line's record after a socket that stood for so long. */
export const failuresAfter = ({ stoodMs, failures }: Line): number =>
  stoodMs >= socketStableMs ? 0 : failures + 1;
