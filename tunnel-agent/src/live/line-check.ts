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

/** What is done about a line, and what tells the time. */
export interface LineDeps {
  readonly durations: () => Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  readonly ping: () => void;
  readonly onDead: () => void;
}

/** Watches one line at a time: pings it, and tells when it is dead. */
export function createLineWatch({ durations, now, ping, onDead }: LineDeps) {
  let line: Line = { pingedAt: 0, isAnswered: true };
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    const next = checkLine(line, now(), durations());
    if (next.type === "dead") return onDead();
    if (next.type === "ping") {
      line = { pingedAt: now(), isAnswered: false };
      ping();
    }
    timer = setTimeout(check, next.type === "wait" ? next.ms : durations().hubPongLimitMs);
  };
  return {
    /** A line stands from now on. */
    begin() {
      line = { pingedAt: now(), isAnswered: true };
      check();
    },
    /** Something came over it, whatever it is. */
    heard() {
      line = { ...line, isAnswered: true };
    },
    /** It is no more. */
    end: () => clearTimeout(timer),
  };
}
