import { ForgeEnded } from "./clock.ts";
import { createOutOfMemoryError, PythonError } from "./errors.ts";
import type { Forge } from "./forge.ts";
import type { JobRecord } from "./job-record.ts";
import { mixNoise, type Pixels } from "./picture/pixels.ts";
import { openPixels, readPixels } from "./picture/render.ts";

/** A card that makes a 512x768 picture of 20 steps in 3.5 seconds. */
const STEP_MS_PER_MEGAPIXEL = 400;
const STEP_MS_AT_LEAST = 15;

/** One image more in a batch costs less than one batch more. */
const BATCH_EXPONENT = 0.85;

/** Live previews of "Approx cheap" have an eighth of the picture's size. */
const PREVIEW_SHRINK = 8;

/** What is sampled together. The pictures are there from the start, to be shown clearer by steps. */
export interface SampledBatch {
  pictures: readonly Pixels[];
  seed: number;
  steps: number;
  /** The step before which the refiner takes over, null without one. */
  switchStep: number | null;
  switchModel: () => Promise<void>;
}

/** Steps that really run: img2img leaves out those before its noise level. */
export function countSteps(
  steps: number,
  denoisingStrength: number | null,
  isFixed: boolean,
): number {
  if (denoisingStrength === null || isFixed) return steps;
  return Math.floor(Math.min(Math.max(denoisingStrength, 0), 0.999) * steps) + 1;
}

/**
 * Runs the steps of one batch and returns how many were run: fewer after an interrupt or a skip,
 * which take effect when the step under way is finished.
 */
export async function sampleBatch(
  forge: Forge,
  record: JobRecord,
  batch: SampledBatch,
): Promise<number> {
  const { progress, clock, faults } = forge;
  const [first] = batch.pictures;
  progress.samplingSteps = batch.steps;
  progress.samplingStep = 0;
  progress.drawPreview = first ? (share) => drawPreview(first, share, batch.seed) : null;
  if (faults.take("error500")) {
    throw new PythonError("RuntimeError", "CUDA error: an illegal memory access was encountered");
  }
  const stepMs = computeStepMs(first?.width ?? 0, first?.height ?? 0, batch.pictures.length);
  for (let step = 0; step < batch.steps; step++) {
    if (progress.interrupted || progress.skipped) return step;
    if (step === batch.switchStep) await batch.switchModel();
    await clock.sleep(stepMs);
    progress.samplingStep = step;
    record.stepsDone += 1;
    await applyStepFaults(forge, step);
  }
  return batch.steps;
}

/** The time of one step in ms at scale 1. */
function computeStepMs(width: number, height: number, batchSize: number): number {
  const megapixels = (width * height) / 1e6;
  return STEP_MS_AT_LEAST + STEP_MS_PER_MEGAPIXEL * megapixels * batchSize ** BATCH_EXPONENT;
}

async function applyStepFaults({ faults, crash, say }: Forge, step: number): Promise<void> {
  if (faults.takeAtStep("crashAtStep", step)) {
    crash();
    throw new ForgeEnded();
  }
  if (faults.takeAtStep("hangAtStep", step)) {
    say(`fault hangAtStep: hangs after step ${step}`);
    await faults.waitForChange();
  }
  if (faults.take("oom")) throw createOutOfMemoryError();
}

async function drawPreview(picture: Pixels, share: number, seed: number): Promise<Pixels> {
  const width = Math.max(1, Math.floor(picture.width / PREVIEW_SHRINK));
  const height = Math.max(1, Math.floor(picture.height / PREVIEW_SHRINK));
  const small = await readPixels(openPixels(picture).resize(width, height, { fit: "fill" }));
  return mixNoise(small, share, seed);
}
