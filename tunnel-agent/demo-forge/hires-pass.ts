import { getBaseName } from "./checkpoints.ts";
import { PythonError } from "./errors.ts";
import { applyHiresNetworks } from "./extra-networks.ts";
import { checkModules, computeHiresSize, type HiresPlan, readStrength } from "./hires-plan.ts";
import type { Batch } from "./job.ts";
import { switchModel } from "./load-model.ts";
import type { Model } from "./model-memory.ts";
import { areSameModules, findModules } from "./modules.ts";
import { blendPixels, mixNoise, type Pixels } from "./picture/pixels.ts";
import { openPixels, readPixels } from "./picture/render.ts";
import { advanceJob } from "./progress.ts";
import { asFloat } from "./python-json.ts";
import { type Pass, runPass } from "./run-pass.ts";
import { isSampler } from "./samplers.ts";

const UPSCALE_MS_AT_LEAST = 60;
const UPSCALE_MS_PER_MEGAPIXEL = 400;

interface Size {
  width: number;
  height: number;
}

/**
 * Runs the second pass of hires fix on the pictures of the first. What the request lacks fails
 * here, after the first pass; an interrupt in the first pass leaves its small pictures.
 */
export async function runHiresPass(
  batch: Batch,
  hires: HiresPlan,
  small: Pixels[],
): Promise<Pixels[]> {
  const { forge, plan, record } = batch.job;
  checkModules(hires);
  const model = await changeModel(batch, hires);
  record.hiresModel = hires.checkpoint && getBaseName(hires.checkpoint);
  if (model.checkpoint.architecture === "flux") {
    plan.extra["Hires Distilled CFG Scale"] = asFloat(hires.distilledCfgScale);
  }
  if (forge.progress.interrupted) return small;
  if (!isSampler(hires.sampler)) {
    throw new PythonError("AssertionError", `bad sampler name: ${hires.sampler}`);
  }
  const size = computeHiresSize(hires);
  // A latent upscaler takes no time; for a picture Forge decodes, scales and encodes again.
  if (hires.latentUpscaler === null) await forge.clock.sleep(computeUpscaleMs(small, size));
  const method = String(forge.options.get("sd_vae_encode_method"));
  if (hires.latentUpscaler === null && method !== "Full") plan.extra["VAE Encoder"] = method;
  advanceJob(forge.progress);
  const scaled = await Promise.all(small.map((picture) => scalePicture(picture, hires, size)));
  Object.assign(plan.extra, applyHiresNetworks(model, batch));
  const strength = readStrength(hires);
  const lay = (scenes: Pixels[]) =>
    scenes.map((scene, index) => mix(scaled[index] ?? scene, scene, strength));
  const pass = describePass(batch, hires, size);
  const { scenes, share } = await runPass({ ...batch, model }, pass, async (drawn) => lay(drawn));
  const seedOf = (index: number) => plan.seeds[batch.indexes[index] ?? 0] ?? 0;
  return lay(scenes.map((scene, index) => mixNoise(scene, share, seedOf(index))));
}

async function changeModel({ job, model }: Batch, hires: HiresPlan): Promise<Model> {
  const { forge, record } = job;
  const keepsModules = hires.modules?.includes("Use same choices") ?? true;
  const modules = keepsModules ? model.modules : findModules(forge.modules, hires.modules);
  const checkpoint = hires.checkpoint ?? model.checkpoint;
  if (areSameModules(modules, model.modules) && checkpoint === model.checkpoint) return model;
  // Forge puts the first pass's modules back through its options, which stores them.
  if (!keepsModules) forge.options.store("forge_additional_modules", model.modules);
  return switchModel(forge, record, { checkpoint, modules });
}

function describePass({ job }: Batch, hires: HiresPlan, size: Size): Pass {
  const { sampler, schedule, steps, cfgScale, prompt, negativePrompt } = hires;
  const { plan } = job;
  return {
    sampling: { kind: "hires", sampler, schedule, steps, eta: plan.eta },
    ...size,
    cfgScale,
    prompt,
    negativePrompt,
    summary: [
      hires.upscaler,
      hires.denoisingStrength,
      plan.checkpoint.name,
      plan.sampler,
      plan.steps,
      plan.cfgScale,
    ],
  };
}

// Even a weak second pass draws edges anew: that is what makes its pictures sharp.
function mix(scaled: Pixels, scene: Pixels, strength: number): Pixels {
  return strength <= 0 ? scaled : blendPixels(scaled, scene, Math.min(1, 0.4 + strength * 0.8));
}

function computeUpscaleMs(small: Pixels[], { width, height }: Size): number {
  const megapixels = (small.length * width * height) / 1e6;
  return UPSCALE_MS_AT_LEAST + UPSCALE_MS_PER_MEGAPIXEL * megapixels;
}

async function scalePicture(
  picture: Pixels,
  { scaled, latentUpscaler }: HiresPlan,
  size: Size,
): Promise<Pixels> {
  const kernel = latentUpscaler === null ? "lanczos3" : "linear";
  const width = Math.max(size.width, scaled.width);
  const height = Math.max(size.height, scaled.height);
  const large = await readPixels(
    openPixels(picture).resize(width, height, { fit: "fill", kernel }),
  );
  const left = Math.floor((width - size.width) / 2);
  const top = Math.floor((height - size.height) / 2);
  return readPixels(openPixels(large).extract({ left, top, ...size }));
}
