/** What of the jobs that a server has begun is on its GPU, and what stands before and behind it. */
import type { RunPhase } from "@mobilesd/contract";
import { runMs, type ServerTiming, type WaitingJob } from "./estimate.ts";

/** A job that a server has begun. Times in milliseconds since the epoch. */
export interface BegunJob extends WaitingJob {
  readonly startedAt: number;
  /** What its agent told of the run, if anything is known of that. */
  readonly told: { readonly phase: RunPhase; readonly endsAt: number | null } | null;
}

export interface GpuLine<J extends BegunJob> {
  /** The job on the GPU; where all are drawn and only their pictures are on the way, the last of them. */
  readonly current: J;
  /** Milliseconds until the GPU is through with it. */
  readonly restMs: number;
  /** Those in Forge's own line behind it. */
  readonly following: readonly J[];
}

const isDrawing = ({ told }: BegunJob) => told?.phase === "drawing" || told?.phase === "loading";
const isDelivering = ({ told }: BegunJob) => told?.phase === "finishing";

/**
 * The line of a server's GPU, null where it has begun nothing. One job runs at a time, in the order in which
 * they were begun; those before it only deliver their pictures. What the agent told decides; where nothing is
 * known a job that has had its time makes room for the next.
 */
export function gpuLineOf<J extends BegunJob>(
  begun: readonly J[],
  timing: ServerTiming,
  now: number,
): GpuLine<J> | null {
  const inOrder = [...begun].sort((a, b) => a.startedAt - b.startedAt);
  const drawingAt = inOrder.findLastIndex(isDrawing);
  let freeAt = 0;
  let checkpoint: string | null = null;
  for (const [at, job] of inOrder.entries()) {
    const { startedAt, told, checkpointName } = job;
    const ownMs = runMs(job, checkpoint ?? checkpointName, timing);
    const endAt = told?.endsAt ?? Math.max(startedAt, freeAt) + ownMs;
    const isThrough = told ? isDelivering(job) : endAt <= now;
    const isDrawn = at !== drawingAt && (at < drawingAt || isThrough);
    if (!isDrawn || at === inOrder.length - 1) {
      const restMs = isDrawn ? 0 : Math.max(0, endAt - now);
      return {
        current: job,
        restMs,
        following: inOrder.slice(at + 1).filter((one) => !isDelivering(one)),
      };
    }
    // Through before it should have been: nobody knows when, so the next one's own start has to do.
    freeAt = endAt <= now ? endAt : 0;
    checkpoint = checkpointName;
  }
  return null;
}
