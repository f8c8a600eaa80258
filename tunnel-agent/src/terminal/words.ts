import type { ForgeState, RunPhase, ServerMode } from "@mobilesd/contract";
import type { AgentView, EndedJob, NextJob } from "../pipeline/agent-view.ts";

/** A job as people tell it from others: the start of its id. */
export const shortId = (jobId: string): string => jobId.slice(0, 8);

export const PHASE_WORDS: Record<RunPhase, string> = {
  waiting: "waits for Forge",
  loading: "getting model and prompt ready",
  drawing: "drawing",
  finishing: "finishing",
};

/** How Forge is, to be read behind its name. */
export const FORGE_WORDS: Record<ForgeState, string> = {
  ready: "ready",
  busy: "busy with somebody's own work",
  working: "at work",
  starting: "starting",
  absent: "does not answer",
  unusable: "not usable",
};

/** What a mode means for the box; null for the usual one. */
export const MODE_WORDS: Record<ServerMode, string | null> = {
  active: null,
  paused: "paused",
  draining: "draining, takes nothing more",
};

export const END_WORDS: Record<EndedJob["end"], string> = {
  completed: "completed",
  cancelled: "cancelled",
  released: "given back",
  lost: "lease lost",
  failed: "failed",
  missing_name: "a name is missing",
};

export const NEXT_WORDS: Record<NextJob["where"], string> = {
  held: "held",
  "in Forge": "in Forge already",
};

export const STOPPING_WORDS: Record<NonNullable<AgentView["stopping"]>, string> = {
  "after the job": "stopping: takes no new job",
  now: "stopping now",
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A time span as people say it: `12 s`, `3 min`, `1 h 5 min`. */
export function spanWords(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.round(ms / SECOND_MS))} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  const minutes = Math.round((ms % HOUR_MS) / MINUTE_MS);
  return `${Math.floor(ms / HOUR_MS)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
}

/** The time of day here, such as `14:03`. */
export function clockWords(at: Date): string {
  return at.toTimeString().slice(0, 5);
}

/** How far a run is, in whole per cent. 100 is kept for a job that the queue has. */
export const percentOf = (share: number): number =>
  Math.max(0, Math.min(99, Math.floor(share * 100)));

/** A queue's length in words. */
export function waitingWords(count: number, isMinimum: boolean): string {
  if (count === 0) return "nothing waits";
  return `${count}${isMinimum ? " or more" : ""} ${count === 1 ? "waits" : "wait"}`;
}
