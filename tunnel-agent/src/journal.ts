import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";
import { ConfigError } from "./config.ts";
import type { Lent } from "./forge/lent-options.ts";

/** A run that was handed to Forge and whose end this agent has not seen. */
const OpenRun = z.object({
  task_id: z.string(),
  mobilesd_job_id: z.string(),
  epoch: z.int(),
  posted_at: z.string(),
});
export type OpenRun = z.infer<typeof OpenRun>;

const Loan = z.object({
  own: z.unknown(),
  ours: z.unknown(),
  earlier: z.array(z.unknown()).readonly().optional(),
});

const Content = z.object({
  open_runs: z.array(OpenRun),
  /** Forge's options that a run of ours has changed, with the owner's values. */
  lent: z.record(z.string(), Loan).default({}),
});
type Content = z.infer<typeof Content>;

/**
 * The agent's memory across a crash: each task id is written down, on disk, *before* Forge hears of it, so
 * that a restarted agent knows which work in Forge is its own (forge-reference 8.4).
 */
export interface Journal {
  openRuns(): readonly OpenRun[];
  lent(): Lent;
  setLent(lent: Lent): Promise<void>;
  add(run: OpenRun): Promise<void>;
  remove(taskId: string): Promise<void>;
}

function read(path: string): Content {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { open_runs: [], lent: {} };
    throw error;
  }
  try {
    return Content.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new ConfigError(`${path} is damaged (${reason}); look at it, then delete it`);
  }
}

function open(stateDir: string, path: string): Content {
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
  let content = open(stateDir, path);
  const change = async (changes: Partial<Content>) => {
    content = { ...content, ...changes };
    // Replaced whole and synced: after a power cut there is the old file or the new one.
    await writeFileAtomic(path, JSON.stringify(content), { mode: 0o600, fsync: true });
  };
  return {
    openRuns: () => content.open_runs,
    lent: () => content.lent,
    async setLent(lent) {
      const isNothingNew = Object.keys(lent).length + Object.keys(content.lent).length === 0;
      if (!isNothingNew) await change({ lent });
    },
    add: (run) => change({ open_runs: [...content.open_runs, run] }),
    remove: (taskId) =>
      change({ open_runs: content.open_runs.filter((run) => run.task_id !== taskId) }),
  };
}
