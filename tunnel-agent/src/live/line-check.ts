import type { Durations } from "@mobilesd/contract";

/** What is known of a standing line. Times are of a clock that never jumps, in milliseconds. */
export interface Line {
  /** When the last ping left; the opening counts as one that was answered. */
  readonly pingedAt: number;
  /** Whether anything was heard since then. */
  readonly isAnswered: boolean;
}

/** What to do about a line at this moment. */
export type LineCheck =
  | { readonly type: "ping" | "dead" }
  | { readonly type: "wait"; readonly ms: number };

/**
 * A line whose other end went away without a word looks like a silent one: it is pinged every `hubPingMs`, and
 * dead when a ping is unanswered for `hubPongLimitMs`. Pure.
 */
export function checkLine(line: Line, now: number, durations: Durations): LineCheck {
  const waitedMs = now - line.pingedAt;
  const limitMs = line.isAnswered ? durations.hubPingMs : durations.hubPongLimitMs;
  if (waitedMs < limitMs) return { type: "wait", ms: limitMs - waitedMs };
  return { type: line.isAnswered ? "ping" : "dead" };
}
