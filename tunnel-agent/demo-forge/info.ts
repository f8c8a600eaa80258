import { getBaseName, getShortHash } from "./checkpoints.ts";
import { createInfotext } from "./infotext.ts";
import type { Processed } from "./process-images.ts";
import { formatPythonJson } from "./python-json.ts";

/** One infotext for each picture, and one when there is none. */
export function createInfotexts({ plan, pictures }: Processed): string[] {
  if (pictures.length === 0) return [createInfotext(plan, 0)];
  return pictures.map((_, index) => createInfotext(plan, index));
}

/**
 * The `info` text of an answer (Processed.js). Nothing in it tells of an interrupt: seeds and
 * prompts are those of all batches, run or not.
 */
export function createInfo(processed: Processed, infotexts: string[]): string {
  const { plan } = processed;
  return formatPythonJson({
    prompt: plan.prompt,
    all_prompts: plan.seeds.map(() => plan.prompt),
    negative_prompt: plan.negativePrompt,
    all_negative_prompts: plan.seeds.map(() => plan.negativePrompt),
    seed: plan.seeds[0],
    all_seeds: plan.seeds,
    subseed: plan.subseeds[0],
    all_subseeds: plan.subseeds,
    subseed_strength: plan.subseedStrength,
    width: plan.width,
    height: plan.height,
    sampler_name: plan.sampler,
    cfg_scale: plan.cfgScale,
    steps: plan.steps,
    batch_size: plan.batchSize,
    restore_faces: plan.restoreFaces,
    face_restoration_model: null,
    sd_model_name: getBaseName(plan.checkpoint),
    sd_model_hash: getShortHash(plan.checkpoint),
    sd_vae_name: null,
    sd_vae_hash: null,
    seed_resize_from_w: -1,
    seed_resize_from_h: -1,
    denoising_strength: plan.denoisingStrength,
    extra_generation_params: plan.extra,
    index_of_first_image: 0,
    infotexts,
    styles: plan.styles,
    job_timestamp: processed.jobTimestamp,
    clip_skip: plan.clipSkip,
    is_using_inpainting_conditioning: false,
    version: plan.version,
  });
}
