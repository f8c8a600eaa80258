import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";
import { ConfigError } from "./config.ts";

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
    throw new ConfigError(`${path} is damaged (${reason}); look at it, then delete it`);
  }
}

function open(stateDir: string, path: string): OpenRun[] {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    accessSync(stateDir, constants.W_OK);
    return read(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ConfigError(`state_dir ${stateDir} cannot be used (${code})`);
  }
}

/**
 * Opens the journal in a folder, which is made if need be.
 * Throws `ConfigError` when the folder cannot be used or the journal is damaged.
 */
export function openJournal(stateDir: string): Journal {
  const path = join(stateDir, "journal.json");
  let runs = open(stateDir, path);
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
