import { pause } from "../pause.ts";
import type { ForgeClient } from "./client.ts";
import { readState, readTask } from "./progress.ts";

/** Looks again after this long: an interrupt that came before `begin` is lost (forge-reference 8.5). */
const LOOK_AGAIN_MS = 250;
/** Then it is sent again, so often at the most; a job in its decode ends by itself. */
const SHOTS_MAX = 20;

/** Whether the generation that runs is ours: the interrupt is global and would hit whoever runs. */
async function isOursRunning(forge: ForgeClient, taskId: string): Promise<boolean> {
  const task = await readTask(forge, taskId);
  if (task !== "unknown") return task === "active";
  // Without the page (`--nowebui`) there are only jobs of the API, and they call themselves so (1.8).
  return (await readState(forge))?.isRunning ?? false;
}

/**
 * Stops our own task if it is the one that runs: look, interrupt, look again. True when the interrupt
 * took hold or the task had ended; false when it does not run, so that nothing was sent.
 * Throws `ForgeUnreachableError`.
 */
export async function interruptOwn(forge: ForgeClient, taskId: string): Promise<boolean> {
  if (!(await isOursRunning(forge, taskId))) return false;
  for (let shots = 0; shots < SHOTS_MAX; shots++) {
    await forge.post("/sdapi/v1/interrupt", {});
    await pause(LOOK_AGAIN_MS);
    const state = await readState(forge);
    if (state?.isInterrupted || !(await isOursRunning(forge, taskId))) return true;
  }
  return true;
}
