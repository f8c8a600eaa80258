import type { TaskState } from "../forge/progress.ts";

/** What was seen right after an interrupt, in this order: the next run of ours, the flag, our own run. */
export interface LookAfter {
  /** Null where none of ours waited behind. */
  readonly next: TaskState | null;
  /** Forge's global flag; it is cleared whenever a generation begins. */
  readonly isInterrupted: boolean;
  readonly isOwnActive: boolean;
}

/**
 * `took_hold`: it ends our own run. `lost`: our run goes on; it is to be sent again. `hit_next`: the next run
 * had begun, and is spoiled. `over`: our run had ended before, and nothing else was hit.
 */
export type InterruptEffect = "took_hold" | "lost" | "hit_next" | "over";

/**
 * What a look after an interrupt means (forge-reference 8.5). It rests on the order of the three questions:
 * the flag is that of the next run if that one was active before, and our own run's if that one is active
 * after. A next run that was over by then may have been hit before it ended; one that had not begun, or not even
 * reached Forge's line, clears the flag by its begin. Pure.
 */
export function effectOf({ next, isInterrupted, isOwnActive }: LookAfter): InterruptEffect {
  if (next === "completed") return "hit_next";
  if (next === "active") return isInterrupted ? "hit_next" : "over";
  if (!isOwnActive) return "over";
  return isInterrupted ? "took_hold" : "lost";
}
