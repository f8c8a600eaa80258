/** What a hub keeps of the jobs that its agent runs: how far each is, by what the agent last told. */
import { type AgentMessage, LIMITS, type ProgressEvent } from "@mobilesd/contract";
import type { LiveRun } from "./hub.ts";

/** A message about one run. */
export type RunMessage = Extract<AgentMessage, { type: "progress" | "preview" }>;

/**
 * Runs that are remembered: one in Forge, one waiting there, and those whose pictures are on their way. They
 * travel with the agent's socket, which carries 2,048 bytes (Cloudflare's documentation of attachments).
 */
const RUNS_KEPT_MAX = 2 + LIMITS.deliveriesMax;

/**
 * The runs after a message, the told one last; undefined when the message is older than what is known, which
 * a socket that was opened anew can bring about. Within an epoch progress never goes back.
 */
export function mergeRun(
  runs: readonly LiveRun[],
  message: RunMessage,
  now: number,
): LiveRun[] | undefined {
  const { mobilesd_job_id: jobId, epoch, n } = message;
  const known = runs.find((run) => run.jobId === jobId);
  if (known && (epoch < known.epoch || (epoch === known.epoch && n <= known.n))) return undefined;
  const before = known?.epoch === epoch ? known : undefined;
  const told =
    message.type === "progress"
      ? {
          progress: Math.max(before?.progress ?? 0, message.progress),
          phase: message.phase,
          endsAt: message.remaining_ms === null ? null : now + message.remaining_ms,
        }
      : {
          progress: before?.progress ?? 0,
          phase: before?.phase ?? ("drawing" as const),
          endsAt: before?.endsAt ?? null,
        };
  const others = runs.filter((run) => run.jobId !== jobId);
  return [...others, { jobId, epoch, n, ...told }].slice(-RUNS_KEPT_MAX);
}

/** What is known of a job under an epoch. */
export function findRun(
  runs: readonly LiveRun[],
  jobId: string,
  epoch: number,
): LiveRun | undefined {
  return runs.find((run) => run.jobId === jobId && run.epoch === epoch);
}

/** How far a run is, as those hear it who watch. */
export function progressEventOf(run: LiveRun): Omit<ProgressEvent, "id"> {
  return {
    type: "progress",
    mobilesd_job_id: run.jobId,
    sequence: [run.epoch, run.n],
    status: "processing",
    progress: run.progress,
    phase: run.phase,
    estimated_completion_time: run.endsAt === null ? null : new Date(run.endsAt).toISOString(),
  };
}
