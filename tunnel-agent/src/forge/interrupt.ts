import { pause } from "../pause.ts";
import type { ForgeClient } from "./client.ts";
import { readState, readTask } from "./progress.ts";

/** Looks again after this long: an interrupt that came before `begin` is lost (forge-reference 8.5). */
const LOOK_AGAIN_MS = 250;
/** Then it is sent again, so often at the most; a job in its decode ends by itself. */
const SHOTS_MAX = 20;

/** One of our own runs, as far as it may be stopped. */
export interface OwnRun {
  readonly taskId: string;
  /**
   * Whether whatever runs must be ours, where Forge cannot be asked for one task (`--nowebui`): our request
   * is open, and Forge was idle when it was sent.
   */
  readonly isAlone: boolean;
}

/** Whether the generation that runs is ours: the interrupt is global and would hit whoever runs. */
async function isOursRunning(forge: ForgeClient, run: OwnRun): Promise<boolean> {
  const task = await readTask(forge, run.taskId);
  if (task !== "unknown") return task === "active";
  return run.isAlone && ((await readState(forge))?.isRunning ?? false);
}

/**
 * Stops our own run if it is the one that goes on: look, interrupt, look again. True when the interrupt
 * took hold or the run had ended; false when it is not the one that runs, so that nothing was sent.
 * Throws `ForgeUnreachableError`.
 */
export async function interruptOwn(forge: ForgeClient, run: OwnRun): Promise<boolean> {
  if (!(await isOursRunning(forge, run))) return false;
  for (let shots = 0; shots < SHOTS_MAX; shots++) {
    await forge.post("/sdapi/v1/interrupt", {});
    await pause(LOOK_AGAIN_MS);
    const state = await readState(forge);
    if (state?.isInterrupted || !(await isOursRunning(forge, run))) return true;
  }
  return true;
}
