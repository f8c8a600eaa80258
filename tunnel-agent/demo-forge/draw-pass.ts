import { getBaseName } from "./checkpoints.ts";
import { removeTags } from "./loras.ts";
import type { Model } from "./model-memory.ts";
import type { OptionStore } from "./option-store.ts";
import type { Pixels } from "./picture/pixels.ts";
import { renderScene } from "./picture/render.ts";
import type { Plan } from "./plan.ts";
import { resolveSchedule } from "./samplers.ts";
import { type SamplingPass, summarizeOptions } from "./sampling-settings.ts";

/** From here on a real picture is one colour too. */
const CFG_SCALE_MAX = 1e6;

/** One pass of one batch, as far as it decides what the pictures show. */
export interface DrawnPass {
  sampling: SamplingPass;
  width: number;
  height: number;
  cfgScale: number;
  /** Instead of the plan's own texts, as hires fix may have them. */
  prompt: string | null;
  negativePrompt: string | null;
  model: Model;
  /** Everything else that changes the picture: scripts, refiner, the pass before. */
  summary: unknown;
}

/**
 * Draws the scene of picture `index`: equal for equal settings, and different as soon as any
 * setting differs that reaches the model.
 */
export async function drawPass(
  plan: Plan,
  options: OptionStore,
  pass: DrawnPass,
  index: number,
): Promise<Pixels> {
  const width = Math.floor(pass.width / 8) * 8;
  const height = Math.floor(pass.height / 8) * 8;
  if (!(Math.abs(pass.cfgScale) < CFG_SCALE_MAX)) {
    return { data: Buffer.alloc(width * height * 3), width, height };
  }
  const prompt = pass.prompt ?? plan.prompts[index] ?? "";
  const negativePrompt = pass.negativePrompt ?? plan.negativePrompts[index] ?? "";
  return renderScene({
    prompt: readText(prompt),
    details: summarizeLayout(plan, pass.model, index),
    light: summarize(plan, options, pass, [prompt, negativePrompt], index),
    seed: plan.seeds[index] ?? 0,
    model: getBaseName(pass.model.checkpoint),
    width,
    height,
  });
}

// The same for both passes of hires fix, so that the second draws the first's details sharper.
function summarizeLayout(plan: Plan, model: Model, index: number): string {
  const usesNegative = plan.cfgScale !== 1;
  return JSON.stringify([
    usesNegative ? readText(plan.negativePrompts[index] ?? "") : null,
    [plan.sampler, plan.steps, plan.cfgScale, plan.clipSkip],
    model.loras.map(({ name, weights }) => [name, weights]),
    plan.subseedStrength === 0 ? null : [plan.subseeds[index], plan.subseedStrength],
  ]);
}

function summarize(
  plan: Plan,
  options: OptionStore,
  pass: DrawnPass,
  [prompt, negativePrompt]: [string, string],
  index: number,
): string {
  const { sampling, cfgScale, model } = pass;
  const usesNegative = cfgScale !== 1;
  const isResized = plan.seedResize.width > 0 && plan.seedResize.height > 0;
  return JSON.stringify([
    usesNegative ? readText(negativePrompt) : null,
    sampling.sampler,
    // One step begins and ends alike, whatever lies between.
    sampling.steps > 1 ? resolveSchedule(sampling.sampler, sampling.schedule) : null,
    sampling.steps,
    cfgScale,
    plan.distilledCfgScale,
    plan.clipSkip,
    model.modules,
    model.loras.map(({ name, weights }) => [name, weights]),
    plan.subseedStrength === 0 ? null : [plan.subseeds[index], plan.subseedStrength],
    isResized ? plan.seedResize : null,
    sampling.kind === "hires" ? plan.tokenMergingHires : plan.tokenMerging,
    summarizeOptions(options, sampling, usesNegative ? prompt + negativePrompt : prompt),
    pass.summary,
  ]);
}

// A model sees no tags, and no difference between one blank and many.
function readText(prompt: string): string {
  return removeTags(prompt).trim().replace(/\s+/g, " ");
}
