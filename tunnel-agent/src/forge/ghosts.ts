import { pause } from "../pause.ts";
import type { Journal, OpenRun } from "../journal.ts";
import type { Log } from "../log.ts";
import type { ForgeClient } from "./client.ts";
import { interruptOwn } from "./interrupt.ts";
import { readState, readTask } from "./progress.ts";

/** Looks in a row at an idle Forge after which an id that it still names is dead (forge-reference 1.9). */
const IDLE_LOOKS = 3;

/** Whether a run of ours is still to be reckoned with: queued or active in a Forge that works. */
async function isAlive(forge: ForgeClient, run: OpenRun, pollMs: number): Promise<boolean> {
  for (let looks = 0; looks < IDLE_LOOKS; looks++) {
    const task = await readTask(forge, run.task_id);
    if (task === "completed" || task === "gone") return false;
    const state = await readState(forge);
    if (state === null || state.isRunning) return true;
    await pause(pollMs);
  }
  return false;
}

/**
 * Waits until no earlier run of ours is left in Forge: one that lost its client goes on all the same, and
 * its picture can be had no more. It cannot be withdrawn while it waits, so it is interrupted as soon as
 * it is active, at the cost of no step (8.4). Throws `ForgeUnreachableError`; a Forge that restarted has none.
 */
export async function settleGhosts(
  forge: ForgeClient,
  journal: Journal,
  log: Log,
  pollMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const run of [...journal.openRuns()]) {
    const fields = { job_id: run.mobilesd_job_id, task_id: run.task_id };
    for (let looks = 0; !signal.aborted && (await isAlive(forge, run, pollMs)); looks++) {
      if (looks === 0) log.info(fields, "Forge still has an earlier run of ours; ending it first");
      await interruptOwn(forge, { taskId: run.task_id, isAlone: false });
      await pause(pollMs, signal);
    }
    if (signal.aborted) return;
    await journal.remove(run.task_id);
  }
}
