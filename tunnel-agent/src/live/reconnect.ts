import type { Durations } from "@mobilesd/contract";

/** Doublings beyond which every wait is at its cap, whatever the durations are. */
const DOUBLINGS_MAX = 30;

/**
 * Milliseconds before a lost socket is opened again: uniform in [0, min(cap, spread·2^failures)]. The chance is
 * applied after the cap, so that agents who lost theirs together spread at any stage. `failures` counts the
 * sockets in a row that did not come up, or not for `socketStableMs`; `random` lies in [0, 1). Pure.
 */
export function reconnectMs(failures: number, random: number, durations: Durations): number {
  const { reconnectSpreadMs, reconnectMaxMs } = durations;
  const grown = reconnectSpreadMs * 2 ** Math.min(failures, DOUBLINGS_MAX);
  return Math.round(Math.min(reconnectMaxMs, grown) * random);
}

/** Failures in a row after one more socket is over; `stoodMs` is 0 where it never came up. Pure. */
export function failuresAfter(failures: number, stoodMs: number, durations: Durations): number {
  return stoodMs >= durations.socketStableMs ? 0 : failures + 1;
}
