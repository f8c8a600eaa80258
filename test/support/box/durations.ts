import { DURATIONS, type Durations } from "@mobilesd/contract";

/** Every duration of the system, divided: the same code so many times faster. */
export function fasterBy(divisor: number): Durations {
  return Object.fromEntries(
    Object.entries(DURATIONS).map(([name, ms]) => [name, Math.max(1, Math.round(ms / divisor))]),
  ) as unknown as Durations;
}

/**
 * Fifty times faster. What a day or more long is would still be too long, and stays; pages and programs ping at
 * their own pace.
 */
export const FAST: Durations = { ...fasterBy(50), watcherPingMs: DURATIONS.watcherPingMs };

/** As fast, but nothing is given up only because the machine of the tests is busy. */
export const PATIENT: Durations = {
  ...FAST,
  leaseTtlMs: DURATIONS.leaseTtlMs,
  leaseRenewAfterMs: DURATIONS.leaseRenewAfterMs,
  leaseGraceMs: DURATIONS.leaseGraceMs,
  cancelGraceMs: DURATIONS.cancelGraceMs,
  prefetchReturnMs: DURATIONS.prefetchReturnMs,
  modelLoadLimitMs: DURATIONS.modelLoadLimitMs,
  stepStallLimitMs: DURATIONS.stepStallLimitMs,
  answerLimitMs: DURATIONS.answerLimitMs,
  interruptLimitMs: DURATIONS.interruptLimitMs,
  hubPongLimitMs: DURATIONS.hubPongLimitMs,
  agentSilentAfterMs: DURATIONS.agentSilentAfterMs,
  watcherPingMs: DURATIONS.watcherPingMs,
  hubAnswerLimitMs: DURATIONS.hubAnswerLimitMs,
};
