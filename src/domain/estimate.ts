import type { ResolvedParams } from "@mobilesd/contract";
import { picturesOf } from "./stored-params.ts";

/** What a server's finished jobs have shown. Milliseconds. */
export interface ServerTiming {
  readonly msPerMegapixelStep: number;
  readonly modelLoadMs: number;
  readonly sampleCount: number;
}

/** Before the first job has finished: a mid-range GPU with an SDXL model read from an SSD. */
export const TIMING_UNKNOWN: ServerTiming = {
  msPerMegapixelStep: 150,
  modelLoadMs: 8_000,
  sampleCount: 0,
};

/** Weight of the newest job: a change of model or card shows after some five jobs, an outlier fades as fast. */
const NEWEST_WEIGHT = 0.3;

/** The work of a job in megapixel-steps: pixels of one picture, times pictures, times steps. */
export function costOf(params: ResolvedParams): number {
  const steps = params.img2img
    ? Math.max(1, Math.round(params.steps * params.img2img.denoising_strength))
    : params.steps;
  return (params.width * params.height * picturesOf(params) * steps) / 1_000_000;
}

/** A job of less work than this, some 512² pixels and four steps, is mostly overhead and tells less of the rate. */
const WHOLE_SAMPLE_MEGAPIXEL_STEPS = 1;

const blend = (old: number, sample: number, weight: number) => old + (sample - old) * weight;

/** The timing after one more finished job. A job that loaded no model says nothing about loads. */
export function learn(
  timing: ServerTiming,
  done: { costMegapixelSteps: number; generationMs: number; modelLoadMs: number },
): ServerTiming {
  if (done.costMegapixelSteps <= 0) return timing;
  const rate = done.generationMs / done.costMegapixelSteps;
  const weight = timing.sampleCount === 0 ? 1 : NEWEST_WEIGHT;
  const worth = Math.min(1, done.costMegapixelSteps / WHOLE_SAMPLE_MEGAPIXEL_STEPS);
  return {
    msPerMegapixelStep: blend(timing.msPerMegapixelStep, rate, weight * worth),
    modelLoadMs:
      done.modelLoadMs > 0
        ? blend(timing.modelLoadMs, done.modelLoadMs, weight)
        : timing.modelLoadMs,
    sampleCount: timing.sampleCount + 1,
  };
}

/** A change smaller than this part is noise: not worth a write at every job. */
const NOISE = 0.02;

/** Whether a timing says something else than the one before it. */
export function isNewTiming(before: ServerTiming, after: ServerTiming): boolean {
  const isOff = (old: number, now: number) => Math.abs(now - old) > old * NOISE;
  return (
    before.sampleCount === 0 ||
    isOff(before.msPerMegapixelStep, after.msPerMegapixelStep) ||
    isOff(before.modelLoadMs, after.modelLoadMs)
  );
}

export interface WaitingJob {
  readonly costMegapixelSteps: number;
  readonly checkpointName: string;
}

/**
 * Milliseconds until a job begins: what is left of the running one, then each job ahead in order, with a
 * model load wherever the checkpoint changes.
 */
export function waitMs(
  running: (WaitingJob & { readonly elapsedMs: number }) | null,
  ahead: readonly WaitingJob[],
  timing: ServerTiming,
): number {
  let total = running
    ? Math.max(0, running.costMegapixelSteps * timing.msPerMegapixelStep - running.elapsedMs)
    : 0;
  let checkpoint = running?.checkpointName ?? null;
  for (const job of ahead) {
    total += runMs(job, checkpoint, timing);
    checkpoint = job.checkpointName;
  }
  return total;
}

/** Milliseconds that a job takes once it begins, after a job with `previousCheckpoint` (null: unknown, none loaded). */
export function runMs(
  job: WaitingJob,
  previousCheckpoint: string | null,
  timing: ServerTiming,
): number {
  const loadMs = previousCheckpoint === job.checkpointName ? 0 : timing.modelLoadMs;
  return loadMs + job.costMegapixelSteps * timing.msPerMegapixelStep;
}
