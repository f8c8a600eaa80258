import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";

/** A run that was handed to Forge and whose end this agent has not seen. */
const OpenRun = z.object({
  task_id: z.string(),
  mobilesd_job_id: z.string(),
  epoch: z.int(),
  posted_at: z.string(),
});
export type OpenRun = z.infer<typeof OpenRun>;

const Content = z.object({ open_runs: z.array(OpenRun) });

/**
 * The agent's memory across a crash: each task id is written down, on disk, *before* Forge hears of it, so
 * that a restarted agent knows which work in Forge is its own (forge-reference 8.4).
 */
export interface Journal {
  openRuns(): readonly OpenRun[];
  add(run: OpenRun): Promise<void>;
  remove(taskId: string): Promise<void>;
}

function read(path: string): OpenRun[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  try {
    return Content.parse(JSON.parse(text)).open_runs;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new Error(`${path} is damaged (${reason}); look at it, then delete it`);
  }
}

/** Opens the journal in a folder, which is made if need be. Throws when it cannot be read or is damaged. */
export function openJournal(stateDir: string): Journal {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "journal.json");
  let runs = read(path);
  const write = async () => {
    // Replaced whole and synced: after a power cut there is the old file or the new one.
    await writeFileAtomic(path, JSON.stringify({ open_runs: runs }), { mode: 0o600, fsync: true });
  };
  return {
    openRuns: () => runs,
    async add(run) {
      runs = [...runs, run];
      await write();
    },
    async remove(taskId) {
      runs = runs.filter((run) => run.task_id !== taskId);
      await write();
    },
  };
}
