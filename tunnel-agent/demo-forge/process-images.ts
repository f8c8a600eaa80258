import { DEMO_VERSION } from "./catalogue.ts";
import { PythonError } from "./errors.ts";
import { applyNetworks, describeTexts, formatLora } from "./extra-networks.ts";
import { runHiresPass } from "./hires-pass.ts";
import { computeControlSize } from "./hires-plan.ts";
import { prepareMask } from "./inpaint-mask.ts";
import type { Batch, Job, PlannedJob } from "./job.ts";
import { loadModel, loadSelected } from "./load-model.ts";
import { collectBatch, finishPictures, type Processed } from "./finish-pictures.ts";
import type { Model } from "./model-memory.ts";
import { mixNoise, type Pixels } from "./picture/pixels.ts";
import { createPlan, initialize, type Plan } from "./plan.ts";
import { advanceJob } from "./progress.ts";
import { type Repaint, type Repainted, repaintPicture } from "./repaint.ts";
import { type Pass, runPass } from "./run-pass.ts";
import { countSteps } from "./sampling.ts";
import { describeNoiseSchedule } from "./sampling-settings.ts";
import { runControlNet } from "./scripts/controlnet.ts";
import { describeSoftInpainting } from "./scripts/patch-scripts.ts";

const DECODE_MS_AT_LEAST = 40;
const DECODE_MS_PER_MEGAPIXEL = 150;

/** Grain as strong as the noise that a picture has after this share of its steps. */
const GRAIN_SHARE = 0.3;

/**
 * Loads the model and makes the pictures, batch by batch, with the options as they are now
 * (process_images_inner). Ends early, and without an error, when it is interrupted.
 */
export async function processImages(job: Job): Promise<Processed> {
  const { forge, record } = job;
  const { progress } = forge;
  const first = await loadSelected(forge, record);
  const planned = await planJob(job, first);
  const { plan } = planned;
  noteStart(planned);
  progress.jobCount = plan.batchCount * (plan.hires ? 2 : 1);
  const processed: Processed = {
    plan,
    outputs: [],
    infotexts: [],
    extraImages: planned.controlNet.maps,
    indexOfFirstImage: 0,
    jobTimestamp: progress.jobTimestamp,
  };
  for (let number = 0; number < plan.batchCount; number++) {
    progress.skipped = false;
    if (progress.interrupted) break;
    const choice =
      number === 0 ? first : { ...forge.memory.getSelected(), checkpoint: first.checkpoint };
    const { model } = await loadModel(forge, record, choice);
    const batch = createBatch(planned, model, number);
    if (batch.indexes.length === 0) break;
    Object.assign(plan.extra, applyNetworks(model, batch), describeTexts(batch));
    Object.assign(plan.extra, describeNoiseSchedule(forge.options));
    await forge.memory.encodePrompts(describePrompts(batch));
    if (plan.batchCount > 1) progress.job = `Batch ${number + 1} out of ${plan.batchCount}`;
    const pictures = await makeBatch(batch);
    record.loras = model.loras.map(formatLora);
    advanceJob(progress);
    collectBatch(processed, batch, pictures);
  }
  return finishPictures(processed, planned);
}

function createBatch(job: PlannedJob, model: Model, number: number): Batch {
  const { batchSize, seeds } = job.plan;
  const indexes = Array.from({ length: batchSize }, (_, index) => number * batchSize + index);
  return { job, model, indexes: indexes.filter((index) => index < seeds.length) };
}

// The scripts write their lines first, then `init` of the two kinds.
async function planJob(job: Job, model: Model): Promise<PlannedJob> {
  const { forge, request, scripts } = job;
  const { checkpoints, options } = forge;
  const parts = { request, variants: job.variants, model, options, checkpoints };
  const plan = createPlan({ ...parts, random: Math.random });
  const controlNet = await runControlNet(
    scripts.alwaysOn.get("controlnet"),
    {
      width: plan.width,
      height: plan.height,
      hires: request.kind === "txt2img" ? computeControlSize(request.body, plan) : null,
      init: job.inits[0] ?? null,
    },
    forge.say,
  );
  Object.assign(plan.extra, controlNet.extra);
  Object.assign(plan.extra, describeSoftInpainting(scripts, job.mask !== null));
  initialize(plan, request, checkpoints);
  return { ...job, plan, controlNet, repaint: await planRepaint(job, plan) };
}

async function planRepaint(
  { request, inits, mask, forge }: Job,
  plan: Plan,
): Promise<Repaint | null> {
  if (request.kind !== "img2img") return null;
  const { body } = request;
  const prepared = mask && (await prepareMask(mask, body, plan));
  Object.assign(plan.extra, prepared?.extra);
  if (inits.length === 0) {
    const message = "Dimension out of range (expected to be in range of [-1, 0], but got 1)";
    throw new PythonError("IndexError", message);
  }
  if (inits.length > plan.batchSize) {
    const message = `bad number of images passed: ${inits.length}; expecting ${plan.batchSize} or less`;
    throw new PythonError("RuntimeError", message);
  }
  // Fewer pictures than asked for, and more than one, make the batch smaller.
  if (inits.length > 1) plan.batchSize = inits.length;
  const method = String(forge.options.get("sd_vae_encode_method"));
  if (method !== "Full") plan.extra["VAE Encoder"] = method;
  return {
    inits,
    mask: prepared?.mask ?? null,
    strength: Math.min(Math.max(body.denoising_strength, 0), 1),
    resizeMode: body.resize_mode ?? 0,
    fill: body.inpainting_fill ?? 0,
    noiseMultiplier:
      body.initial_noise_multiplier ?? forge.options.getNumber("initial_noise_multiplier"),
  };
}

/** Everything that makes Forge encode its texts anew. */
function describePrompts({ job, indexes, model }: Batch): string {
  const { plan, forge } = job;
  return JSON.stringify([
    indexes.map((index) => [plan.prompts[index], plan.negativePrompts[index]]),
    [plan.hires?.prompt, plan.hires?.negativePrompt, plan.hires?.steps],
    [plan.steps, plan.width, plan.height, plan.clipSkip, plan.distilledCfgScale],
    [model.loras, plan.cfgScale === 1, forge.options.get("emphasis")],
  ]);
}

/** Samples one batch, second pass included, and decodes it. */
async function makeBatch(batch: Batch): Promise<Repainted[]> {
  const { job, indexes } = batch;
  const { plan, forge, repaint } = job;
  const { scenes, share } = await runPass(batch, describePass(job), (drawn) =>
    repaintAll(drawn, repaint).then((all) => all.map(({ picture }) => picture)),
  );
  const sampled = scenes.map((scene, index) =>
    mixNoise(scene, share, plan.seeds[indexes[index] ?? 0] ?? 0),
  );
  const pictures = plan.hires ? await runHiresPass(batch, plan.hires, sampled) : sampled;
  const method = String(forge.options.get("sd_vae_decode_method"));
  if (method !== "Full" && !plan.hires) plan.extra["VAE Decoder"] = method;
  await forge.clock.sleep(computeDecodeMs(pictures));
  return repaintAll(forge.flags.hasGrain ? pictures.map(addGrain) : pictures, repaint);
}

function describePass({ plan, request, repaint, forge }: PlannedJob): Pass {
  const isFixed = forge.options.get("img2img_fix_steps") === true;
  const isImg2img = request.kind === "img2img";
  const { sampler, schedule, eta, width, height, cfgScale } = plan;
  const steps = countSteps(plan.steps, isImg2img ? plan.denoisingStrength : null, isFixed);
  const multiplier = repaint?.noiseMultiplier ?? 1;
  if (multiplier !== 1) plan.extra["Noise multiplier"] = multiplier;
  return {
    sampling: { kind: isImg2img ? "img2img" : "first", sampler, schedule, steps, eta },
    width,
    height,
    cfgScale,
    prompt: null,
    negativePrompt: null,
    summary: multiplier,
  };
}

function repaintAll(pictures: Pixels[], repaint: Repaint | null): Promise<Repainted[]> {
  if (repaint === null) {
    return Promise.resolve(pictures.map((picture) => ({ picture, masked: null })));
  }
  return Promise.all(pictures.map((scene, index) => repaintPicture(repaint, scene, index)));
}

function addGrain(picture: Pixels, seed: number): Pixels {
  return mixNoise(picture, GRAIN_SHARE, seed);
}

function computeDecodeMs(pictures: Pixels[]): number {
  const pixels = pictures.reduce((sum, { width, height }) => sum + width * height, 0);
  return DECODE_MS_AT_LEAST + (DECODE_MS_PER_MEGAPIXEL * pixels) / 1e6;
}

function noteStart({ forge, plan, record }: PlannedJob): void {
  record.prompt = plan.prompts[0] ?? "";
  record.seed = plan.seeds[0] ?? 0;
  record.clipSkip = plan.clipSkip;
  const size = `${plan.width}x${plan.height}`;
  const count = plan.seeds.length;
  forge.say(
    `${record.taskId}: draws ${count} of ${size}, ${plan.steps} steps, ${record.model}, seed ${record.seed} (${DEMO_VERSION})`,
  );
}
