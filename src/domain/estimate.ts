import { hiresSize, type ResolvedParams } from "@mobilesd/contract";
import { picturesOf } from "./stored-params.ts";

/** What a server's finished jobs have shown. Milliseconds. */
export interface ServerTiming {
  readonly msPerMegapixelStep: number;
  /** Of a checkpoint that has not been loaded yet: the mean of those that have. */
  readonly modelLoadMs: number;
  /** By checkpoint, the one loaded last at the end. */
  readonly loadMsByCheckpoint: Readonly<Record<string, number>>;
  readonly sampleCount: number;
}

/** Before the first job has finished: a mid-range GPU with an SDXL model read from an SSD. */
export const TIMING_UNKNOWN: ServerTiming = {
  msPerMegapixelStep: 150,
  modelLoadMs: 8_000,
  loadMsByCheckpoint: {},
  sampleCount: 0,
};

/** Weight of the newest job: a change of model or card shows after some five jobs, an outlier fades as fast. */
const NEWEST_WEIGHT = 0.3;

/** With an input picture Forge skips the steps that its strength leaves out, unless it is told not to. */
function firstPassOf({ width, height, steps, img2img, settings }: ResolvedParams): number {
  const isCut = img2img && !settings?.img2img_fix_steps;
  const run = isCut ? Math.max(1, Math.round(steps * img2img.denoising_strength)) : steps;
  return width * height * run;
}

/** The second pass runs all of its steps, whatever its denoising strength. */
function secondPassOf(params: ResolvedParams): number {
  if (!params.hires) return 0;
  const { width, height } = hiresSize(params, params.hires);
  return width * height * (params.hires.steps || params.steps);
}

/** The work of a job in megapixel-steps: pixels of one picture times steps, of each pass, times pictures. */
export function costOf(params: ResolvedParams): number {
  return (picturesOf(params) * (firstPassOf(params) + secondPassOf(params))) / 1_000_000;
}

/** A job of less work than this, some 512² pixels and four steps, is mostly overhead and tells less of the rate. */
const WHOLE_SAMPLE_MEGAPIXEL_STEPS = 1;

const blend = (old: number, sample: number, weight: number) => old + (sample - old) * weight;

/** A waiting job may ask for a checkpoint of any name, also for one that every object answers to. */
function knownLoadMs({ loadMsByCheckpoint }: ServerTiming, name: string): number | undefined {
  return Object.hasOwn(loadMsByCheckpoint, name) ? loadMsByCheckpoint[name] : undefined;
}

/** Checkpoints whose load time is kept: more than anybody changes between; the rest count by the mean. */
const CHECKPOINTS_MAX = 200;

function learnLoads(
  timing: ServerTiming,
  { checkpointName, modelLoadMs }: DoneJob,
): Pick<ServerTiming, "modelLoadMs" | "loadMsByCheckpoint"> {
  if (modelLoadMs <= 0) {
    return { modelLoadMs: timing.modelLoadMs, loadMsByCheckpoint: timing.loadMsByCheckpoint };
  }
  const known = knownLoadMs(timing, checkpointName);
  const loadMs = known === undefined ? modelLoadMs : blend(known, modelLoadMs, NEWEST_WEIGHT);
  const loads = new Map(Object.entries(timing.loadMsByCheckpoint));
  loads.delete(checkpointName);
  loads.set(checkpointName, Math.round(loadMs));
  const weight = timing.sampleCount === 0 ? 1 : NEWEST_WEIGHT;
  return {
    modelLoadMs: blend(timing.modelLoadMs, modelLoadMs, weight),
    loadMsByCheckpoint: Object.fromEntries([...loads].slice(-CHECKPOINTS_MAX)),
  };
}

/** Whether the loads of a job are those of its one checkpoint; otherwise they say nothing of any. */
export function loadsOneCheckpoint({ refiner, hires }: Pick<ResolvedParams, "refiner" | "hires">) {
  return refiner === undefined && hires?.checkpoint_name === undefined;
}

interface DoneJob extends WaitingJob {
  readonly generationMs: number;
  readonly modelLoadMs: number;
}

/** The timing after one more finished job. A job that loaded no model says nothing about loads. */
export function learn(timing: ServerTiming, done: DoneJob): ServerTiming {
  if (done.costMegapixelSteps <= 0) return timing;
  const rate = done.generationMs / done.costMegapixelSteps;
  const weight = timing.sampleCount === 0 ? 1 : NEWEST_WEIGHT;
  const worth = Math.min(1, done.costMegapixelSteps / WHOLE_SAMPLE_MEGAPIXEL_STEPS);
  return {
    msPerMegapixelStep: blend(timing.msPerMegapixelStep, rate, weight * worth),
    ...learnLoads(timing, done),
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
    isOff(before.modelLoadMs, after.modelLoadMs) ||
    Object.entries(after.loadMsByCheckpoint).some(([name, ms]) =>
      isOff(knownLoadMs(before, name) ?? 0, ms),
    )
  );
}

export interface WaitingJob {
  readonly costMegapixelSteps: number;
  readonly checkpointName: string;
}

/** The job on a GPU. */
export interface RunningJob {
  readonly checkpointName: string;
  /** Milliseconds that it still takes. */
  readonly restMs: number;
}

/**
 * Milliseconds until a job begins: what is left of the running one, then each job ahead in order, with a
 * model load wherever the checkpoint changes.
 */
export function waitMs(
  running: RunningJob | null,
  ahead: readonly WaitingJob[],
  timing: ServerTiming,
): number {
  let total = running?.restMs ?? 0;
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
  const ofCheckpoint = knownLoadMs(timing, job.checkpointName) ?? timing.modelLoadMs;
  const loadMs = previousCheckpoint === job.checkpointName ? 0 : ofCheckpoint;
  return loadMs + job.costMegapixelSteps * timing.msPerMegapixelStep;
}
