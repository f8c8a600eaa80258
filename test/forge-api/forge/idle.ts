import { setTimeout as wait } from "node:timers/promises";
import { isObject } from "../compare/difference.ts";
import type { ForgeConnection } from "./connection.ts";

const LOOKS = 3;
const BETWEEN_LOOKS_MS = 300;

/** The work that a Forge has. */
interface Work {
  isRunning: boolean;
  waiting: string[];
}

/** Why a Forge cannot be asked now, in a sentence for whoever started the suite. */
export class RefusedForge extends Error {
  override readonly name = "RefusedForge";
}

/**
 * Looks several times whether somebody uses this Forge. Resolves with the dead ids among its waiting
 * ones: they wait although nothing runs, for ever (surprise 15). Rejects with `RefusedForge` when a job
 * runs or waits. A Forge without its page lists no waiting jobs.
 */
export async function demandIdle(forge: ForgeConnection, hasPage: boolean): Promise<string[]> {
  let waiting: string[] = [];
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await wait(BETWEEN_LOOKS_MS);
    const work = await readWork(forge, hasPage);
    if (work.isRunning) {
      const more = work.waiting.length > 0 ? `, and ${work.waiting.length} more wait` : "";
      throw new RefusedForge(`This Forge is busy: a job runs${more}. Try again when it is idle.`);
    }
    if (look > 0 && work.waiting.some((id) => !waiting.includes(id))) {
      throw new RefusedForge("This Forge is busy: a job waits. Try again when it is idle.");
    }
    waiting = work.waiting;
  }
  return waiting;
}

async function readWork(forge: ForgeConnection, hasPage: boolean): Promise<Work> {
  const progress = await forge.read("/sdapi/v1/progress?skip_current_image=true");
  const pending = hasPage ? await forge.read("/internal/pending-tasks") : { tasks: [] };
  const state = isObject(progress) && isObject(progress.state) ? progress.state : {};
  const tasks = isObject(pending) && Array.isArray(pending.tasks) ? pending.tasks.map(String) : [];
  return { isRunning: state.job_count !== 0, waiting: tasks };
}
