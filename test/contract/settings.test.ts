import { SETTING_NAMES, type SettingName, Settings } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";

const yesOrNo = { good: [false, true], bad: ["true", 1, null] };
const range = (min: number, max: number, step: number) => ({
  good: [min, max],
  bad: [min - step, max + step, String(min), null],
});
const oneOf = (...choices: string[]) => ({
  good: choices,
  bad: [...choices.map((choice) => `${choice} `), "gpu", "automatic", "", 0, null],
});

/** Forge's own ranges and choices, once more by hand from its settings page. */
const FORGE: Record<SettingName, { good: unknown[]; bad: unknown[] }> = {
  eta_noise_seed_delta: { good: [0, 31_337, 4_294_967_295], bad: [-1, 0.5, 4_294_967_296, "0"] },
  randn_source: oneOf("GPU", "CPU", "NV"),
  emphasis: oneOf("None", "Ignore", "Original", "No norm"),
  sd_noise_schedule: oneOf("Default", "Zero Terminal SNR"),
  token_merging_ratio: range(0, 0.9, 0.01),
  token_merging_ratio_img2img: range(0, 0.9, 0.01),
  token_merging_ratio_hr: range(0, 0.9, 0.01),
  forge_unet_storage_dtype: oneOf(
    "Automatic",
    "Automatic (fp16 LoRA)",
    "bnb-nf4",
    "bnb-nf4 (fp16 LoRA)",
    "float8-e4m3fn",
    "float8-e4m3fn (fp16 LoRA)",
    "bnb-fp4",
    "bnb-fp4 (fp16 LoRA)",
    "float8-e5m2",
    "float8-e5m2 (fp16 LoRA)",
  ),
  comma_padding_backtrack: range(0, 74, 1),
  sdxl_clip_l_skip: yesOrNo,
  sdxl_crop_top: range(0, 1024, 1),
  sdxl_crop_left: range(0, 1024, 1),
  sdxl_refiner_low_aesthetic_score: range(0, 10, 0.1),
  sdxl_refiner_high_aesthetic_score: range(0, 10, 0.1),
  upcast_attn: yesOrNo,
  enable_batch_seeds: yesOrNo,
  hires_fix_refiner_pass: oneOf("first pass", "second pass", "both passes"),
  hires_fix_use_firstpass_conds: yesOrNo,
  refiner_switch_by_sample_steps: yesOrNo,
  sd_vae_encode_method: oneOf("Full", "TAESD"),
  sd_vae_decode_method: oneOf("Full", "TAESD"),
  face_restoration_model: oneOf("CodeFormer", "GFPGAN"),
  code_former_weight: range(0, 1, 0.01),
  inpainting_mask_weight: range(0, 1, 0.01),
  overlay_inpaint: yesOrNo,
  img2img_extra_noise: range(0, 1, 0.01),
  img2img_color_correction: yesOrNo,
  img2img_fix_steps: yesOrNo,
  img2img_background_color: {
    good: ["#ffffff", "#00FFaa"],
    bad: ["white", "#fff", "ffffff", "#ffffff;", "#gggggg", null],
  },
  s_min_uncond_all: yesOrNo,
  skip_early_cond: range(0, 1, 0.01),
  pad_cond_uncond: yesOrNo,
  pad_cond_uncond_v0: yesOrNo,
  ddim_discretize: oneOf("uniform", "quad"),
  always_discard_next_to_last_sigma: yesOrNo,
  sgm_noise_multiplier: yesOrNo,
  uni_pc_variant: oneOf("bh1", "bh2", "vary_coeff"),
  uni_pc_skip_type: oneOf("time_uniform", "time_quadratic", "logSNR"),
  uni_pc_order: range(1, 50, 1),
  uni_pc_lower_order_final: yesOrNo,
  beta_dist_alpha: range(0.01, 1, 0.01),
  beta_dist_beta: range(0.01, 1, 0.01),
  sigma_min: range(0, 2, 0.001),
  sigma_max: range(0, 60, 0.001),
  rho: range(0, 100, 0.1),
  use_old_scheduling: yesOrNo,
  use_old_karras_scheduler_sigmas: yesOrNo,
  use_downcasted_alpha_bar: yesOrNo,
  no_dpmpp_sde_batch_determinism: yesOrNo,
};

describe.each(Object.entries(FORGE))("the setting %s", (name, { good, bad }) => {
  it("takes what Forge's settings page offers and nothing else", () => {
    for (const value of good) {
      expect(Settings.parse({ [name]: value }), String(value)).toEqual({ [name]: value });
    }
    for (const value of bad) {
      expect(Settings.safeParse({ [name]: value }).success, String(value)).toBe(false);
    }
  });
});

it("are those that change a picture, all of them tested above", () => {
  expect(Object.keys(FORGE).sort()).toEqual([...SETTING_NAMES].sort());
  const all = Object.fromEntries(Object.entries(FORGE).map(([name, { good }]) => [name, good[0]]));
  expect(Settings.parse(all)).toEqual(all);
  expect(Settings.parse({})).toEqual({});
});

it.each([
  "samples_format",
  "outdir_samples",
  "save_to_dirs",
  "sd_model_checkpoint",
  "CLIP_stop_at_last_layers",
  "forge_additional_modules",
  "api_enable_requests",
  "forge_inference_memory",
  "sd_vae",
  "enable_pnginfo",
  "Emphasis",
  "constructor",
])("have no place for %s, which reaches beyond the job or stands elsewhere", (name) => {
  expect(Settings.safeParse({ [name]: "x" }).error?.issues).toMatchObject([
    { code: "unrecognized_keys", keys: [name] },
  ]);
});
