import { pause } from "../pause.ts";
import { effectOf, type InterruptEffect } from "../pipeline/after-interrupt.ts";
import type { ForgeClient } from "./client.ts";
import { readState, readTask } from "./progress.ts";

/** A lost interrupt is sent again after this long … */
const AGAIN_AFTER_MS = 250;
/** … so often at the most; a job in its decode ends by itself. */
const SHOTS_MAX = 20;
/** Where Forge tells no task from another: what runs a moment later may be another program's. */
const BLIND_SHOTS_MAX = 1;

/** One of our own runs, as far as it may be stopped. */
export interface OwnRun {
  readonly taskId: string;
  /**
   * Whether whatever runs must be ours, where Forge cannot be asked for one task (`--nowebui`): our request
   * is open, and Forge was idle when it was sent.
   */
  readonly isAlone: boolean;
}

/**
 * Whether the generation that runs is ours: the interrupt is global and would hit whoever runs. `blind` where that
 * is only supposed to be so.
 */
async function isOursRunning(forge: ForgeClient, run: OwnRun): Promise<boolean | "blind"> {
  const task = await readTask(forge, run.taskId);
  if (task !== "unknown") return task === "active";
  return run.isAlone && ((await readState(forge))?.isRunning ?? false) && "blind";
}

/** Looks at what an interrupt did. What each answer means rests on the order of the questions. */
async function lookAfter(
  forge: ForgeClient,
  run: OwnRun,
  nextTaskId: string | null,
): Promise<InterruptEffect> {
  const next = nextTaskId === null ? null : await readTask(forge, nextTaskId);
  const isInterrupted = (await readState(forge))?.isInterrupted ?? false;
  const isOwnActive = (await isOursRunning(forge, run)) !== false;
  return effectOf({ next, isInterrupted, isOwnActive });
}

/** `not_running`: it is not the one that runs, and nothing was sent. */
export type InterruptEnd = InterruptEffect | "not_running";

/**
 * Stops our own run if it is the one that goes on: look, interrupt, look again (forge-reference 8.5).
 * `nextTaskId` is asked before each shot: the run of ours that waits behind it, which an interrupt may hit
 * in its place. Where Forge tells no task from another, one shot is all. Throws `ForgeUnreachableError`.
 */
export async function interruptOwn(
  forge: ForgeClient,
  run: OwnRun,
  nextTaskId: () => string | null,
): Promise<InterruptEnd> {
  const isRunning = await isOursRunning(forge, run);
  if (!isRunning) return "not_running";
  const shotsMax = isRunning === "blind" ? BLIND_SHOTS_MAX : SHOTS_MAX;
  for (let shots = 1; ; shots++) {
    const next = nextTaskId();
    await forge.post("/sdapi/v1/interrupt", {});
    const effect = await lookAfter(forge, run, next ?? nextTaskId());
    if (effect !== "lost" || shots === shotsMax) return effect;
    await pause(AGAIN_AFTER_MS);
    if (!(await isOursRunning(forge, run))) return "over";
  }
}
