import { pause } from "../pause.ts";
import type { Journal, OpenRun } from "../journal.ts";
import type { Log } from "../log.ts";
import type { ForgeClient } from "./client.ts";
import { interruptOwn } from "./interrupt.ts";
import { readState, readTask } from "./progress.ts";

/** Looks in a row at an idle Forge after which an id that it still names is dead (forge-reference 1.9). */
const IDLE_LOOKS = 3;

/** The runs that are still to be reckoned with: queued or active in a Forge that works. */
async function alive(
  forge: ForgeClient,
  runs: readonly OpenRun[],
  pollMs: number,
): Promise<readonly OpenRun[]> {
  let named = runs;
  for (let looks = 0; looks < IDLE_LOOKS; looks++) {
    const tasks = await Promise.all(named.map((run) => readTask(forge, run.task_id)));
    named = named.filter((_, at) => tasks[at] !== "completed" && tasks[at] !== "gone");
    if (named.length === 0) return [];
    const state = await readState(forge);
    if (state === null || state.isRunning) return named;
    await pause(pollMs);
  }
  return [];
}

/** Runs of an earlier life of this agent, or ones that it gave up: in the journal, and nobody is with them. */
export function ghostsOf(journal: Journal, taskIds: ReadonlySet<string>): readonly OpenRun[] {
  return journal.openRuns().filter((run) => !taskIds.has(run.task_id));
}

/**
 * Waits until none of these runs is left in Forge: one that lost its client goes on all the same, and its
 * picture can be had no more. None can be withdrawn while it waits, so each is interrupted as soon as it is
 * active, at the cost of no step (8.4). Throws `ForgeUnreachableError`; a Forge that restarted has none.
 */
export async function settleGhosts(
  deps: { readonly forge: ForgeClient; readonly journal: Journal; readonly log: Log },
  ghosts: readonly OpenRun[],
  pollMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { forge, journal, log } = deps;
  let left = ghosts;
  for (let looks = 0; !signal.aborted; looks++) {
    const still = await alive(forge, left, pollMs);
    for (const run of left) if (!still.includes(run)) await journal.remove(run.task_id);
    left = still;
    if (left.length === 0) return;
    for (const { task_id, mobilesd_job_id } of left) {
      const fields = { job_id: mobilesd_job_id, task_id };
      if (looks === 0) log.info(fields, "Forge still has an earlier run of ours; ending it first");
      // What begins within the moment in which a ghost ends by itself may be hit in its place, whosever it is.
      await interruptOwn(forge, { taskId: task_id, isAlone: false }, () => null);
    }
    await pause(pollMs, signal);
  }
}
