import type { GenerationParams, Hires, SettingName } from "@mobilesd/contract";

/** Reads one value into the field, or the two, that it stands for; the schema judges what comes out. */
type Reader<Field extends string> = (value: string) => { [K in Field]?: unknown };
type Table<Field extends string> = ReadonlyMap<string, Reader<Field>>;

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
/** What is no number becomes NaN, which the schema refuses; `Number` alone would take "" for 0. */
const toNumber = (value: string) => (NUMBER.test(value) ? Number(value) : Number.NaN);

function one<Field extends string>(field: Field, convert: (value: string) => unknown) {
  return (value: string) => ({ [field]: convert(value) }) as { [K in Field]?: unknown };
}
const number = <Field extends string>(field: Field) => one(field, toNumber);
const words = <Field extends string>(field: Field) => one(field, (value) => value);
/** Python's `True` and `False`; anything else stays as it is, for the schema to refuse. */
const flag = <Field extends string>(field: Field) =>
  one(field, (value) => (value === "True" ? true : value === "False" ? false : value));

/** `512x768`; what is not such a pair becomes NaN. */
function size<Field extends string>(first: Field, second: Field): Reader<Field> {
  return (value) => {
    const [, width = "", height = ""] = /^(\d+)x(\d+)$/.exec(value) ?? [];
    return { [first]: toNumber(width), [second]: toNumber(height) } as { [K in Field]?: unknown };
  };
}

/** `96x0` gives the width alone: Forge then keeps the shape. */
const hiresSize: Reader<"width" | "height"> = (value) => {
  const { width, height } = size("width", "height")(value);
  return { ...(width === 0 ? {} : { width }), ...(height === 0 ? {} : { height }) };
};

function table<Field extends string>(rows: Record<string, Reader<Field>>): Table<Field> {
  return new Map(Object.entries(rows));
}

/** Names on the last line and what they are in `generation_params` (modules/processing.py `create_infotext`). */
export const PARAM_KEYS = table<keyof GenerationParams>({
  Steps: number("steps"),
  Sampler: words("sampler_name"),
  "Schedule type": words("scheduler"),
  "CFG scale": number("cfg_scale"),
  "Distilled CFG Scale": number("distilled_cfg_scale"),
  // The name that Forge Neo gives it for models of its own.
  Shift: number("distilled_cfg_scale"),
  Seed: number("seed"),
  Size: size("width", "height"),
  "Clip skip": number("clip_skip"),
  "Variation seed": number("subseed"),
  "Variation seed strength": number("subseed_strength"),
  "Seed resize from": size("seed_resize_from_w", "seed_resize_from_h"),
  Tiling: flag("tiling"),
  Eta: number("eta"),
  "Eta DDIM": number("eta"),
  "Sigma churn": number("s_churn"),
  "Sigma tmin": number("s_tmin"),
  "Sigma tmax": number("s_tmax"),
  "Sigma noise": number("s_noise"),
  NGMS: number("s_min_uncond"),
});

/** Names of options (`infotext=` in modules/shared_options.py) and of what Forge writes for them. */
export const SETTING_KEYS = table<SettingName>({
  ENSD: number("eta_noise_seed_delta"),
  RNG: words("randn_source"),
  Emphasis: words("emphasis"),
  "Noise Schedule": words("sd_noise_schedule"),
  "Token merging ratio": number("token_merging_ratio"),
  "Token merging ratio hr": number("token_merging_ratio_hr"),
  "Diffusion in Low Bits": words("forge_unet_storage_dtype"),
  "VAE Encoder": words("sd_vae_encode_method"),
  "VAE Decoder": words("sd_vae_decode_method"),
  "Face restoration": words("face_restoration_model"),
  "Conditional mask weight": number("inpainting_mask_weight"),
  "Extra noise": number("img2img_extra_noise"),
  "NGMS all steps": flag("s_min_uncond_all"),
  "Skip Early CFG": number("skip_early_cond"),
  "Pad conds": flag("pad_cond_uncond"),
  "Pad conds v0": flag("pad_cond_uncond_v0"),
  "Discard penultimate sigma": flag("always_discard_next_to_last_sigma"),
  "SGM noise multiplier": flag("sgm_noise_multiplier"),
  "UniPC variant": words("uni_pc_variant"),
  "UniPC skip type": words("uni_pc_skip_type"),
  "UniPC order": number("uni_pc_order"),
  "UniPC lower order final": flag("uni_pc_lower_order_final"),
  // The option's own label, and the one that its sampler writes (sd_samplers_kdiffusion.py).
  "Beta scheduler alpha": number("beta_dist_alpha"),
  "Beta scheduler beta": number("beta_dist_beta"),
  "Beta schedule alpha": number("beta_dist_alpha"),
  "Beta schedule beta": number("beta_dist_beta"),
  "Schedule min sigma": number("sigma_min"),
  "Schedule max sigma": number("sigma_max"),
  "Schedule rho": number("rho"),
  "Old prompt editing timelines": flag("use_old_scheduling"),
  "Downcast alphas_cumprod": flag("use_downcasted_alpha_bar"),
  "Refiner switch by sampling steps": flag("refiner_switch_by_sample_steps"),
  "Hires refiner": words("hires_fix_refiner_pass"),
});

/** What Forge writes of the second pass, beside its modules and `Denoising strength`. */
export const HIRES_KEYS = table<keyof Hires>({
  "Hires upscale": number("scale"),
  "Hires resize": hiresSize,
  "Hires steps": number("steps"),
  "Hires upscaler": words("upscaler"),
  "Hires checkpoint": words("checkpoint_name"),
  "Hires sampler": words("sampler_name"),
  "Hires schedule type": words("scheduler"),
  "Hires CFG Scale": number("cfg_scale"),
  "Hires Distilled CFG Scale": number("distilled_cfg_scale"),
  "Hires prompt": words("prompt"),
  "Hires negative prompt": words("negative_prompt"),
});

/** One of these makes `Denoising strength` that of a hires fix (modules/ui.py, `enable_hr`). */
export const HIRES_SIGNS = ["Hires upscale", "Hires upscaler", "Hires resize"] as const;

export const DENOISING_KEY = "Denoising strength";
export const readDenoising = number("denoising_strength");

export const REFINER_KEYS = table<"checkpoint_name" | "switch_at">({
  Refiner: words("checkpoint_name"),
  "Refiner switch at": number("switch_at"),
});

export const MODEL_KEY = "Model";
export const MODEL_HASH_KEY = "Model hash";
/** The one module that texts of before Forge's modules name (infotext_utils.py: "old form"). */
export const OLD_VAE_KEY = "VAE";
export const MODULE_KEY = /^Module (\d+)$/;
export const HIRES_MODULE_KEY = /^Hires Module (\d+)$/;

/** What says how a picture came about but decides nothing when it is made again. */
export const INFORMATIVE_KEYS: ReadonlySet<string> = new Set([
  "Version",
  "User",
  "Lora hashes",
  "TI",
  "TI hashes",
  "Hashes",
  "VAE hash",
  "Batch size",
  "Batch pos",
  "Original Size",
  "Created Date",
  "Civitai metadata",
]);
