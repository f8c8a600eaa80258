import * as z from "zod";

const fraction = () => z.number().min(0).max(1);
const merging = () => z.number().min(0).max(0.9);
const crop = () => z.int().min(0).max(1024);
const score = () => z.number().min(0).max(10);
const LOW_BITS = ["Automatic", "bnb-nf4", "float8-e4m3fn", "bnb-fp4", "float8-e5m2"] as const;
const lowBits = LOW_BITS.flatMap((name) => [name, `${name} (fp16 LoRA)` as const]);

/**
 * Forge's options that change a picture and nothing but the picture, with the values that its settings page
 * offers (modules/shared_options.py, modules_forge/main_entry.py). No option that names a file, a folder
 * or a format, or that reaches beyond the job, is among them.
 */
const SETTINGS = {
  eta_noise_seed_delta: z.int().min(0).max(4_294_967_295),
  randn_source: z.enum(["GPU", "CPU", "NV"]),
  emphasis: z.enum(["None", "Ignore", "Original", "No norm"]),
  sd_noise_schedule: z.enum(["Default", "Zero Terminal SNR"]),
  token_merging_ratio: merging(),
  token_merging_ratio_img2img: merging(),
  token_merging_ratio_hr: merging(),
  forge_unet_storage_dtype: z.enum(lowBits),
  comma_padding_backtrack: z.int().min(0).max(74),
  sdxl_clip_l_skip: z.boolean(),
  sdxl_crop_top: crop(),
  sdxl_crop_left: crop(),
  sdxl_refiner_low_aesthetic_score: score(),
  sdxl_refiner_high_aesthetic_score: score(),
  upcast_attn: z.boolean(),
  enable_batch_seeds: z.boolean(),
  hires_fix_refiner_pass: z.enum(["first pass", "second pass", "both passes"]),
  hires_fix_use_firstpass_conds: z.boolean(),
  refiner_switch_by_sample_steps: z.boolean(),
  sd_vae_encode_method: z.enum(["Full", "TAESD"]),
  sd_vae_decode_method: z.enum(["Full", "TAESD"]),
  face_restoration_model: z.enum(["CodeFormer", "GFPGAN"]),
  code_former_weight: fraction(),
  inpainting_mask_weight: fraction(),
  overlay_inpaint: z.boolean(),
  img2img_extra_noise: fraction(),
  img2img_color_correction: z.boolean(),
  img2img_fix_steps: z.boolean(),
  img2img_background_color: z.string().regex(/^#[0-9a-fA-F]{6}$/, "a colour like #ffffff"),
  s_min_uncond_all: z.boolean(),
  skip_early_cond: fraction(),
  pad_cond_uncond: z.boolean(),
  pad_cond_uncond_v0: z.boolean(),
  ddim_discretize: z.enum(["uniform", "quad"]),
  always_discard_next_to_last_sigma: z.boolean(),
  sgm_noise_multiplier: z.boolean(),
  uni_pc_variant: z.enum(["bh1", "bh2", "vary_coeff"]),
  uni_pc_skip_type: z.enum(["time_uniform", "time_quadratic", "logSNR"]),
  uni_pc_order: z.int().min(1).max(50),
  uni_pc_lower_order_final: z.boolean(),
  beta_dist_alpha: z.number().min(0.01).max(1),
  beta_dist_beta: z.number().min(0.01).max(1),
  /** 0 means the scheduler's own, in all three. */
  sigma_min: z.number().min(0).max(2),
  sigma_max: z.number().min(0).max(60),
  rho: z.number().min(0).max(100),
  use_old_scheduling: z.boolean(),
  use_old_karras_scheduler_sigmas: z.boolean(),
  use_downcasted_alpha_bar: z.boolean(),
  no_dpmpp_sde_batch_determinism: z.boolean(),
} as const satisfies z.core.$ZodShape;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** `settings` of a job: any of them, each of its own type. */
export const Settings = z.strictObject(SETTINGS).partial();
export type Settings = z.infer<typeof Settings>;
