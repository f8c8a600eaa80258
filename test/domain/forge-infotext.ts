import type { GenerationParams, SettingName } from "@mobilesd/contract";
import type * as z from "zod";

type Input = z.input<typeof GenerationParams>;
type Value = string | number | boolean | undefined;
type Pairs = Record<string, Value>;

/** Python writes a float with its point, and the API's numbers are floats wherever they may have one. */
const float = (value: number | undefined) =>
  value === undefined ? undefined : Number.isInteger(value) ? value.toFixed(1) : String(value);

/** infotext_utils.py `quote`. */
const quote = (value: string) => (/[,\n:]/.test(value) ? JSON.stringify(value) : value);

function numbered(name: string, modules: readonly string[] | undefined): Pairs {
  return Object.fromEntries((modules ?? []).map((one, at) => [`${name} ${at + 1}`, one]));
}

/** `StableDiffusionProcessingTxt2Img.init`, in the order in which it fills `extra_generation_params`. */
function hiresPairs({ hires }: Input): Pairs {
  if (!hires) return {};
  const { width, height } = hires;
  const modules = hires.modules ?? ["Use same choices"];
  const isResized = width !== undefined || height !== undefined;
  return {
    "Denoising strength": float(hires.denoising_strength),
    "Hires checkpoint": hires.checkpoint_name,
    ...numbered("Hires Module", modules.length === 0 ? ["Built-in"] : modules),
    "Hires sampler": hires.sampler_name,
    "Hires prompt": hires.prompt,
    "Hires negative prompt": hires.negative_prompt,
    "Hires CFG Scale": float(hires.cfg_scale),
    "Hires Distilled CFG Scale": float(hires.distilled_cfg_scale),
    "Hires schedule type": hires.scheduler,
    "Hires upscale": isResized ? undefined : float(hires.scale),
    "Hires resize": isResized ? `${width ?? 0}x${height ?? 0}` : undefined,
    "Hires steps": hires.steps,
    "Hires upscaler": hires.upscaler,
  };
}

/** Options and the names under which samplers, models and decoders write them. */
const SETTING_NAMES_WRITTEN: Partial<Record<SettingName, string>> = {
  eta_noise_seed_delta: "ENSD",
  randn_source: "RNG",
  emphasis: "Emphasis",
  sd_noise_schedule: "Noise Schedule",
  token_merging_ratio: "Token merging ratio",
  token_merging_ratio_hr: "Token merging ratio hr",
  forge_unet_storage_dtype: "Diffusion in Low Bits",
  sd_vae_encode_method: "VAE Encoder",
  sd_vae_decode_method: "VAE Decoder",
  face_restoration_model: "Face restoration",
  inpainting_mask_weight: "Conditional mask weight",
  img2img_extra_noise: "Extra noise",
  s_min_uncond_all: "NGMS all steps",
  skip_early_cond: "Skip Early CFG",
  pad_cond_uncond: "Pad conds",
  pad_cond_uncond_v0: "Pad conds v0",
  always_discard_next_to_last_sigma: "Discard penultimate sigma",
  sgm_noise_multiplier: "SGM noise multiplier",
  beta_dist_alpha: "Beta schedule alpha",
  beta_dist_beta: "Beta schedule beta",
  sigma_min: "Schedule min sigma",
  sigma_max: "Schedule max sigma",
  rho: "Schedule rho",
  use_old_scheduling: "Old prompt editing timelines",
  use_downcasted_alpha_bar: "Downcast alphas_cumprod",
  hires_fix_refiner_pass: "Hires refiner",
};

function settingPairs({ settings = {} }: Input): Pairs {
  const rows = Object.entries(settings).map(([option, value]) => {
    const name = SETTING_NAMES_WRITTEN[option as SettingName];
    if (name === undefined) throw new Error(`Forge never writes ${option}`);
    return [name, value === true ? "True" : value];
  });
  return Object.fromEntries(rows);
}

/** `Name [hash]` as parameters hold it, apart. */
function modelPairs(given: string): Pairs {
  const [, name = given, hash] = /^(.*) \[([0-9a-f]{10})\]$/s.exec(given) ?? [];
  return { "Model hash": hash, Model: name };
}

function firstPassPairs(params: Input): Pairs {
  const { seed_resize_from_w: fromWidth, seed_resize_from_h: fromHeight } = params;
  return {
    Steps: params.steps,
    Sampler: params.sampler_name,
    "Schedule type": params.scheduler,
    "CFG scale": float(params.cfg_scale),
    "Distilled CFG Scale": float(params.distilled_cfg_scale),
    Seed: params.seed,
    Size: `${params.width}x${params.height}`,
    ...modelPairs(params.checkpoint_name),
    "Variation seed": params.subseed,
    "Variation seed strength": float(params.subseed_strength),
    "Seed resize from": fromWidth === undefined ? undefined : `${fromWidth}x${fromHeight}`,
    "Clip skip": params.clip_skip,
    Tiling: params.tiling ? "True" : undefined,
    Eta: float(params.eta),
    "Sigma churn": float(params.s_churn),
    "Sigma tmin": float(params.s_tmin),
    "Sigma tmax": float(params.s_tmax),
    "Sigma noise": float(params.s_noise),
    NGMS: float(params.s_min_uncond),
  };
}

/**
 * The infotext of a picture of these parameters, as Forge's `create_infotext` writes it: only what is given
 * stands in it. `informative` comes before the modules, where Forge has its version.
 */
export function forgeInfotext(params: Input, informative: Pairs = {}): string {
  const { refiner, positive_prompt, negative_prompt } = params;
  const pairs: Pairs = {
    ...firstPassPairs(params),
    ...hiresPairs(params),
    Refiner: refiner?.checkpoint_name,
    "Refiner switch at": float(refiner?.switch_at),
    ...settingPairs(params),
    ...informative,
    ...numbered("Module", params.modules),
  };
  const line = Object.entries(pairs)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${quote(String(value))}`)
    .join(", ");
  const negative = negative_prompt ? `\nNegative prompt: ${negative_prompt}` : "";
  return `${positive_prompt}${negative}\n${line}`.trim();
}
