import * as z from "zod";
import { UploadId } from "./ids.ts";
import { LIMITS } from "./limits.ts";

/** Text that D1 and Forge can hold: no NUL, no lone surrogates. */
function text(charsMax: number) {
  return z
    .string()
    .max(charsMax)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), "not storable text");
}

const prompt = () => text(LIMITS.promptCharsMax);
const forgeName = () => text(LIMITS.forgeNameCharsMax).min(1);
const side = () =>
  z.int().min(LIMITS.sidePixelsMin).max(LIMITS.sidePixelsMax).multipleOf(LIMITS.sidePixelsMultiple);
const fraction = () => z.number().min(0).max(1);
const steps = () => z.int().min(1).max(LIMITS.stepsMax);
const cfgScale = () => z.number().min(0).max(LIMITS.cfgScaleMax);
/** -1 asks for a random seed. */
const seed = () => z.int().min(-1).max(LIMITS.seedMax);

export const UploadRef = z.strictObject({ upload_id: UploadId });
export type UploadRef = z.infer<typeof UploadRef>;

/** An argument of a script: plain JSON of bounded depth, where an image is `{upload_id}`. */
const ScriptArgs = z.array(z.json()).max(512);
const ArgLabels = z.array(text(200).nullable()).max(512);

const Img2Img = z.strictObject({
  init_image: UploadRef,
  mask: UploadRef.optional(),
  denoising_strength: fraction().default(0.75),
  /** 0 just resize, 1 crop and resize, 2 resize and fill, 3 latent upscale. */
  resize_mode: z.int().min(0).max(3).default(0),
  mask_blur: z.int().min(0).max(64).default(4),
  /** 0 fill, 1 original, 2 latent noise, 3 latent nothing. */
  inpainting_fill: z.int().min(0).max(3).default(1),
  inpaint_full_res: z.boolean().default(false),
  inpaint_full_res_padding: z.int().min(0).max(256).default(32),
  inpainting_mask_invert: z.int().min(0).max(1).default(0),
  image_cfg_scale: cfgScale().optional(),
  initial_noise_multiplier: z.number().min(0).max(2).optional(),
});

const Hires = z.strictObject({
  scale: z.number().min(1).max(4).optional(),
  width: side().optional(),
  height: side().optional(),
  upscaler: forgeName().optional(),
  steps: z.int().min(0).max(LIMITS.stepsMax).optional(),
  denoising_strength: fraction().optional(),
  checkpoint_name: forgeName().optional(),
  modules: z.array(forgeName()).max(8).optional(),
  sampler_name: forgeName().optional(),
  scheduler: forgeName().optional(),
  cfg_scale: cfgScale().optional(),
  distilled_cfg_scale: cfgScale().optional(),
  prompt: prompt().optional(),
  negative_prompt: prompt().optional(),
});

const Refiner = z.strictObject({ checkpoint_name: forgeName(), switch_at: fraction() });

const Upscale = z.strictObject({
  upscaler: forgeName(),
  scale: z.number().min(1).max(8).optional(),
});

const AlwaysonScript = z.strictObject({ args: ScriptArgs, arg_labels: ArgLabels.optional() });
const SelectableScript = AlwaysonScript.extend({ name: forgeName() });

const SETTING_NAMES = [
  "eta_noise_seed_delta",
  "randn_source",
  "emphasis",
  "sd_noise_schedule",
  "token_merging_ratio",
  "token_merging_ratio_img2img",
  "token_merging_ratio_hr",
  "forge_unet_storage_dtype",
] as const;

/**
 * Everything that decides what a picture looks like, in Forge's own field names beside the seed's.
 * Strict: an unknown key is refused by name. Defaults are those of Forge's page, not of its API.
 */
export const GenerationParams = z.strictObject({
  positive_prompt: prompt(),
  negative_prompt: prompt().default(""),
  checkpoint_name: forgeName(),
  width: side().default(512),
  height: side().default(512),
  steps: steps().optional(),
  cfg_scale: cfgScale().default(7),
  sampler_name: forgeName().default("Euler a"),
  restore_faces: z.boolean().default(false),
  scheduler_or_quality_preset: forgeName().optional(),

  seed: seed().default(-1),
  subseed: seed().default(-1),
  subseed_strength: fraction().default(0),
  seed_resize_from_w: z.int().min(-1).max(LIMITS.sidePixelsMax).default(-1),
  seed_resize_from_h: z.int().min(-1).max(LIMITS.sidePixelsMax).default(-1),
  batch_size: z.int().min(1).max(LIMITS.batchSizeMax).default(1),
  n_iter: z.int().min(1).max(LIMITS.iterationsMax).default(1),
  scheduler: forgeName().optional(),
  distilled_cfg_scale: cfgScale().default(3.5),
  clip_skip: z.int().min(1).max(12).default(1),
  styles: z.array(forgeName()).max(LIMITS.stylesMax).default([]),
  tiling: z.boolean().default(false),
  eta: fraction().optional(),
  s_churn: z.number().min(0).max(100).optional(),
  s_tmin: z.number().min(0).max(10).optional(),
  s_tmax: z.number().min(0).max(999).optional(),
  s_noise: z.number().min(0).max(1.1).optional(),
  s_min_uncond: z.number().min(0).max(15).optional(),

  img2img: Img2Img.optional(),

  modules: z.array(forgeName()).max(8).optional(),
  settings: z
    .partialRecord(z.enum(SETTING_NAMES), z.union([z.string().max(200), z.number(), z.boolean()]))
    .optional(),
  refiner: Refiner.optional(),
  hires: Hires.optional(),
  upscale: Upscale.optional(),
  script: SelectableScript.optional(),
  alwayson_scripts: z.record(z.string().max(200), AlwaysonScript).optional(),
});
export type GenerationParams = z.infer<typeof GenerationParams>;

/** Fields of `generation_params` that no agent runs yet: each is refused by name, never accepted and ignored. */
export const UNBUILT_PARAMS = [
  "modules",
  "settings",
  "refiner",
  "hires",
  "upscale",
  "script",
  "alwayson_scripts",
] as const satisfies readonly (keyof GenerationParams)[];

/** A tag of a prompt that calls a LoRA: `<lora:name:weight>` (Forge, modules/extra_networks.py). */
const LORA_TAG = /<lora:([^>:]+)[^>]*>/g;

/** The LoRAs that a prompt calls, each once. One that is missing makes Forge drop all of them in silence. */
export function lorasOf(prompt: string): string[] {
  return [...new Set([...prompt.matchAll(LORA_TAG)].map(([, name = ""]) => name))];
}

/** The words of `scheduler_or_quality_preset` that mean a number of steps instead of a scheduler. */
export const QUALITY_PRESET_STEPS = { Speed: 12, Balanced: 20, Quality: 32 } as const;

/** Steps of a request that names neither steps nor a quality preset: the default of Forge's page. */
export const STEPS_DEFAULT = 20;

/**
 * A job's parameters once a server's catalogue has been asked: steps and scheduler decided.
 * `checkpoint_name` stays as the user wrote it.
 */
export const ResolvedParams = GenerationParams.extend({ steps: steps(), scheduler: forgeName() });
export type ResolvedParams = z.infer<typeof ResolvedParams>;
