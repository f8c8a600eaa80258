import { getBaseName, getShortHash } from "./checkpoints.ts";
import type { Processed } from "./finish-pictures.ts";
import type { OptionStore } from "./option-store.ts";
import { asFloat, formatPythonJson } from "./python-json.ts";

/**
 * The `info` text of an answer (Processed.js). Nothing in it tells of an interrupt: seeds and
 * prompts are those of all batches, run or not.
 */
export function createInfo(processed: Processed, options: OptionStore): string {
  const { plan } = processed;
  return formatPythonJson({
    prompt: plan.prompts[0],
    all_prompts: plan.prompts,
    negative_prompt: plan.negativePrompts[0],
    all_negative_prompts: plan.negativePrompts,
    seed: plan.seeds[0],
    all_seeds: plan.seeds,
    subseed: plan.subseeds[0],
    all_subseeds: plan.subseeds,
    subseed_strength: plan.subseedStrength,
    width: plan.width,
    height: plan.height,
    sampler_name: plan.sampler,
    cfg_scale: asFloat(plan.cfgScale),
    steps: plan.steps,
    batch_size: plan.batchSize,
    restore_faces: plan.restoreFaces,
    face_restoration_model: plan.restoreFaces ? options.get("face_restoration_model") : null,
    sd_model_name: getBaseName(plan.checkpoint),
    sd_model_hash: getShortHash(plan.checkpoint),
    sd_vae_name: null,
    sd_vae_hash: null,
    seed_resize_from_w: plan.seedResize.width,
    seed_resize_from_h: plan.seedResize.height,
    denoising_strength: asFloat(plan.denoisingStrength),
    extra_generation_params: plan.extra,
    index_of_first_image: processed.indexOfFirstImage,
    infotexts: processed.infotexts,
    styles: plan.styles,
    job_timestamp: processed.jobTimestamp,
    clip_skip: plan.clipSkip,
    is_using_inpainting_conditioning: false,
    version: plan.version,
  });
}
