import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { ForgeState, RunPhase, ServerMode } from "@mobilesd/contract";
import { sync as writeFileAtomic } from "write-file-atomic";
import * as z from "zod";
import type { AgentState, AgentView } from "../pipeline/agent-view.ts";

/** While only numbers move: a write costs as much as all else that an agent does in a second of a job. */
const NUMBERS_EVERY_MS = 5_000;
/** Of everything else at once: what changes together is written together. */
const WORDS_AFTER_MS = 50;
/** Between the clocks of a file and of the machine's start. */
const BOOT_SLACK_MS = 10_000;

const Ended = z.object({
  mobilesd_job_id: z.string(),
  end: z.enum(["completed", "cancelled", "released", "lost", "failed", "missing_name"]),
  at: z.string(),
});

/** What an agent leaves in its state folder for `mobilesd-agent status`. */
export const StatusContent = z.object({
  pid: z.int(),
  agent_version: z.string(),
  started_at: z.string(),
  /** Of what stands here; numbers that move may be 5 s older than now. */
  updated_at: z.string(),
  /** Set once the agent ended by itself; null while it runs, and after it was killed. */
  ended_at: z.string().nullable(),
  queue: z.enum(["connected", "polling", "away"]),
  server_alias: z.string().nullable(),
  mode: ServerMode.nullable(),
  stopping: z.enum(["after the job", "now"]).nullable(),
  forge: ForgeState.nullable(),
  current: z
    .object({
      mobilesd_job_id: z.string(),
      label: z.string(),
      share: z.number(),
      phase: RunPhase,
      remaining_ms: z.number().nullable(),
    })
    .nullable(),
  next: z.object({ mobilesd_job_id: z.string(), where: z.enum(["held", "in Forge"]) }).nullable(),
  uploads: z.array(z.object({ mobilesd_job_id: z.string(), done: z.int(), total: z.int() })),
  lately: z.array(Ended),
  done: z.int(),
});
export type StatusContent = z.infer<typeof StatusContent>;

const fileOf = (stateDir: string) => join(stateDir, "status.json");

function contentOf(view: AgentView) {
  const { current, next } = view;
  return {
    queue: view.queue,
    server_alias: view.serverAlias,
    mode: view.mode,
    stopping: view.stopping,
    forge: view.forge,
    current: current && {
      mobilesd_job_id: current.jobId,
      label: current.label,
      share: current.share,
      phase: current.phase,
      remaining_ms: current.remainingMs,
    },
    next: next && { mobilesd_job_id: next.jobId, where: next.where },
    uploads: view.uploads.map(({ jobId, done, total }) => ({
      mobilesd_job_id: jobId,
      done,
      total,
    })),
    lately: view.lately.map(({ jobId, end, at }) => ({
      mobilesd_job_id: jobId,
      end,
      at: at.toISOString(),
    })),
    done: view.done,
  };
}

/** What is worth a write at once: everything but the numbers that move while a job runs. Pure. */
function wordsOf({ current, uploads, ...rest }: AgentView): string {
  const words = current && { jobId: current.jobId, label: current.label, phase: current.phase };
  return JSON.stringify([rest, words, uploads.map(({ jobId }) => jobId)]);
}

export interface StatusFileOptions {
  readonly stateDir: string;
  readonly state: AgentState;
  readonly agentVersion: string;
  readonly wallClock: () => Date;
  /** Told once when the file cannot be written; the agent works on without it. */
  readonly onTrouble: (error: Error) => void;
}

/** Keeps the status file true to the state, for this user only, until `end` marks it as ended. */
export function keepStatusFile(options: StatusFileOptions): { end(): void } {
  const { stateDir, state, agentVersion, wallClock, onTrouble } = options;
  const started_at = wallClock().toISOString();
  let timer: NodeJS.Timeout | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let writtenWords = "";
  let isTroubled = false;
  function write(ended_at: string | null): void {
    clearTimeout(timer);
    dueMs = Number.POSITIVE_INFINITY;
    writtenWords = wordsOf(state.view());
    const updated_at = wallClock().toISOString();
    const base = { pid: process.pid, agent_version: agentVersion, started_at, updated_at };
    const content: StatusContent = { ...base, ended_at, ...contentOf(state.view()) };
    try {
      // Replaced whole, so that nobody reads a half; one that a power cut takes was worth nothing anyway.
      const how = { mode: 0o600, fsync: false };
      writeFileAtomic(fileOf(stateDir), `${JSON.stringify(content, null, 2)}\n`, how);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!isTroubled) onTrouble(error);
      isTroubled = true;
    }
  }
  const stopListening = state.onChange(() => {
    const afterMs = wordsOf(state.view()) === writtenWords ? NUMBERS_EVERY_MS : WORDS_AFTER_MS;
    if (dueMs <= afterMs) return;
    clearTimeout(timer);
    dueMs = afterMs;
    timer = setTimeout(write, afterMs, null).unref();
  });
  write(null);
  return {
    end() {
      stopListening();
      clearTimeout(timer);
      // A newer agent may keep its own file here by now.
      if (readStatusFile(stateDir)?.pid === process.pid) write(wallClock().toISOString());
    },
  };
}

/** What the last agent of this folder left; null when there was none, or when it is not readable. */
export function readStatusFile(stateDir: string): StatusContent | null {
  try {
    return StatusContent.parse(JSON.parse(readFileSync(fileOf(stateDir), "utf8")));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (isMissing || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is one all the same.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the agent that wrote this still runs: not ended, not killed, not from before the machine's start. */
export function isRunning(content: StatusContent, now: Date): boolean {
  const bootedAt = now.getTime() - uptime() * 1_000;
  const isOfThisBoot = Date.parse(content.started_at) > bootedAt - BOOT_SLACK_MS;
  return content.ended_at === null && isOfThisBoot && isAlive(content.pid);
}
