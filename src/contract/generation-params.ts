import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { AlwaysonScripts, SelectableScript } from "./scripts.ts";
import { Settings } from "./settings.ts";
import { forgeName, text } from "./text.ts";
import { UploadRef } from "./upload-ref.ts";

const prompt = () => text(LIMITS.promptCharsMax);
const side = () =>
  z.int().min(LIMITS.sidePixelsMin).max(LIMITS.sidePixelsMax).multipleOf(LIMITS.sidePixelsMultiple);
const fraction = () => z.number().min(0).max(1);
const steps = () => z.int().min(1).max(LIMITS.stepsMax);
const cfgScale = () => z.number().min(0).max(LIMITS.cfgScaleMax);
const modules = () => z.array(forgeName()).max(LIMITS.modulesMax);
/** -1 asks for a random seed. */
const seed = () => z.int().min(-1).max(LIMITS.seedMax);

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

/** What Forge's page calls hires fix. Where a field is absent the first pass's value holds. */
const Hires = z
  .strictObject({
    /** Of the first pass's sides; 2 where no size is given at all. */
    scale: z.number().min(1).max(LIMITS.hiresScaleMax).optional(),
    /** One of them alone keeps the shape; both cut what stands over. */
    width: side().optional(),
    height: side().optional(),
    upscaler: forgeName().default("Latent"),
    /** 0: as many as the first pass. */
    steps: z.int().min(0).max(LIMITS.stepsMax).default(0),
    denoising_strength: fraction().default(0.7),
    checkpoint_name: forgeName().optional(),
    modules: modules().optional(),
    sampler_name: forgeName().optional(),
    scheduler: forgeName().optional(),
    cfg_scale: cfgScale().optional(),
    distilled_cfg_scale: cfgScale().optional(),
    prompt: prompt().optional(),
    negative_prompt: prompt().optional(),
  })
  .refine(({ scale, width, height }) => scale === undefined || !(width || height), {
    path: ["scale"],
    message: "give either scale, or width and height",
  });
export type Hires = z.infer<typeof Hires>;

const Refiner = z.strictObject({ checkpoint_name: forgeName(), switch_at: fraction() });

const Upscale = z.strictObject({
  upscaler: forgeName(),
  scale: z.number().min(1).max(8).optional(),
});

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

  /** VAE and text encoders; [] means those in the checkpoint, absent as the server has them. */
  modules: modules().optional(),
  settings: Settings.optional(),
  refiner: Refiner.optional(),
  hires: Hires.optional(),
  upscale: Upscale.optional(),
  script: SelectableScript.optional(),
  alwayson_scripts: AlwaysonScripts.optional(),
});
export type GenerationParams = z.infer<typeof GenerationParams>;

/** Fields of `generation_params` that no agent runs yet: each is refused by name, never accepted and ignored. */
export const UNBUILT_PARAMS = ["upscale"] as const satisfies readonly (keyof GenerationParams)[];

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
