import { getBaseName } from "./checkpoints.ts";
import { drawPass } from "./draw-pass.ts";
import type { Batch } from "./job.ts";
import { switchModel } from "./load-model.ts";
import { findLoras } from "./loras.ts";
import type { Pixels } from "./picture/pixels.ts";
import { describeRefiner, findSwitchStep, type RefinedPass } from "./refiner.ts";
import { sampleBatch } from "./sampling.ts";
import { describeSampling, type SamplingPass } from "./sampling-settings.ts";
import { applyPatchScripts } from "./scripts/patch-scripts.ts";

/** One pass of a batch. */
export interface Pass {
  sampling: SamplingPass;
  width: number;
  height: number;
  cfgScale: number;
  /** Instead of the plan's own texts, as hires fix may have them. */
  prompt: string | null;
  negativePrompt: string | null;
  /** What else changes its pictures, beyond scripts and refiner. */
  summary: unknown;
}

/** The scenes that a pass has drawn, and the share (0 to 1) of its steps that were run. */
export interface RanPass {
  scenes: Pixels[];
  share: number;
}

/**
 * Draws and samples one pass of a batch with its scripts and its refiner. `show` makes of the
 * scenes what the previews show. Throws what a script throws.
 */
export async function runPass(
  batch: Batch,
  pass: Pass,
  show: (scenes: Pixels[]) => Promise<Pixels[]>,
): Promise<RanPass> {
  const { job, indexes, model } = batch;
  const { forge, plan, record, scripts } = job;
  const { sampling, width, height, cfgScale } = pass;
  const isFlux = model.checkpoint.architecture === "flux";
  const patches = applyPatchScripts(scripts, { cfgScale, isFlux, width, height });
  Object.assign(plan.extra, patches.extra, describeSampling(forge.options, sampling, plan.extra));
  const refined = describeRefinedPass(batch, sampling);
  const switchStep = findSwitchStep(plan.refiner, model.checkpoint, refined);
  const refiner = switchStep === null ? null : [plan.refiner?.checkpoint.name, switchStep];
  const { first, hires } = job.controlNet.summaries;
  const controlNet = sampling.kind === "hires" ? hires : first;
  const summary = [patches.summary, controlNet, refiner, pass.summary];
  const scenes = await Promise.all(
    indexes.map((index) => drawPass(plan, forge.options, { ...pass, model, summary }, index)),
  );
  const done = await sampleBatch(forge, record, {
    pictures: await show(scenes),
    seed: plan.seeds[indexes[0] ?? 0] ?? 0,
    steps: sampling.steps,
    switchStep,
    switchModel: () => switchToRefiner(batch, refined),
  });
  return { scenes, share: done / sampling.steps };
}

function describeRefinedPass({ job }: Batch, sampling: SamplingPass): RefinedPass {
  return {
    steps: sampling.steps,
    isHires: sampling.kind === "hires",
    hasHires: job.plan.hires !== null,
    refinedPass: String(job.forge.options.get("hires_fix_refiner_pass")),
  };
}

async function switchToRefiner({ job, indexes }: Batch, pass: RefinedPass): Promise<void> {
  const { forge, plan, record, request } = job;
  if (plan.refiner === null) return;
  Object.assign(plan.extra, describeRefiner(plan.refiner, pass));
  const { checkpoint } = plan.refiner;
  const model = await switchModel(forge, record, { checkpoint });
  record.refinerModel = getBaseName(checkpoint);
  if (!request.body.disable_extra_networks) {
    model.loras = findLoras(plan.prompts[indexes[0] ?? 0] ?? "");
  }
}
