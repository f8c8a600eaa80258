import type { Extra } from "./infotext.ts";
import schedulers from "./lists/schedulers.json" with { type: "json" };
import type { OptionStore } from "./option-store.ts";
import { asFloat } from "./python-json.ts";
import { getNoiseOption, resolveSchedule, usesNoiseSeedDelta } from "./samplers.ts";

/** How one pass is sampled. */
export interface SamplingPass {
  kind: "first" | "img2img" | "hires";
  sampler: string;
  /** As the request had it; the sampler's own may take its place. */
  schedule: string;
  steps: number;
  eta: number | null;
}

/** Options that change every picture; those with rules of their own stand in the functions below. */
const PICTURE_OPTIONS = [
  "always_discard_next_to_last_sigma",
  "comma_padding_backtrack",
  "enable_quantization",
  "forge_try_reproduce",
  "forge_unet_storage_dtype",
  "fp8_storage",
  "pad_cond_uncond",
  "pad_cond_uncond_v0",
  "randn_source",
  "rho",
  "s_min_uncond",
  "s_min_uncond_all",
  "sd_noise_schedule",
  "sd_vae_decode_method",
  "sdxl_clip_l_skip",
  "sdxl_crop_left",
  "sdxl_crop_top",
  "sgm_noise_multiplier",
  "sigma_max",
  "sigma_min",
  "skip_early_cond",
  "upcast_attn",
  "use_downcasted_alpha_bar",
  "use_old_emphasis_implementation",
  "use_old_karras_scheduler_sigmas",
  "use_old_scheduling",
];

/** Extra noise of these samplers, by the option that sets it; the value is what it does nothing at. */
const SIGMA_OPTIONS: Record<string, [label: string, idle: number]> = {
  s_churn: ["Sigma churn", 0],
  s_tmin: ["Sigma tmin", 0],
  s_tmax: ["Sigma tmax", 0],
  s_noise: ["Sigma noise", 1],
};

const CHURNING_SAMPLERS = ["Euler", "Heun", "DPM2"];
const NOISY_SAMPLERS = [
  "DPM fast",
  "DPM2 a",
  "DPM++ 2S a",
  "DPM++ SDE",
  "DPM++ 2M SDE",
  "DPM++ 2M SDE Heun",
  "DPM++ 3M SDE",
];

/** How much noise a step adds: the request's word, or the option of the sampler. */
export function computeEta(
  { sampler, eta }: Pick<SamplingPass, "sampler" | "eta">,
  options: OptionStore,
): number {
  return eta ?? options.getNumber(getNoiseOption(sampler) ?? "eta_ancestral");
}

/** All option values that change this picture, in one text: equal texts, equal pictures. */
export function summarizeOptions(
  options: OptionStore,
  pass: SamplingPass,
  prompts: string,
): string {
  const values = PICTURE_OPTIONS.map((name) => options.get(name));
  const usesDelta = usesNoiseSeedDelta(pass.sampler);
  const hasEmphasis = /[([]/.test(prompts);
  return JSON.stringify([
    values,
    usesDelta ? options.get("eta_noise_seed_delta") : null,
    hasEmphasis ? options.get("emphasis") : null,
    getNoiseOption(pass.sampler) === null ? null : computeEta(pass, options),
    listSigmaOptions(pass.sampler).map((name) => options.get(name)),
  ]);
}

/** What is said about the noise schedule, before any script has its say. */
export function describeNoiseSchedule(options: OptionStore): Extra {
  const schedule = options.get("sd_noise_schedule");
  return schedule === "Zero Terminal SNR" ? { "Noise Schedule": schedule } : {};
}

/** What sampling adds to an infotext, in Forge's order (KDiffusionSampler and CFGDenoiser). */
export function describeSampling(options: OptionStore, pass: SamplingPass, extra: Extra): Extra {
  const isDiscarding = options.get("always_discard_next_to_last_sigma") === true;
  return {
    ...(isDiscarding ? { "Discard penultimate sigma": true } : {}),
    ...describeSchedule(options, pass, extra),
    ...describeNoise(options, pass),
    ...describeSkippedGuidance(options, pass),
  };
}

function describeSchedule(options: OptionStore, pass: SamplingPass, extra: Extra): Extra {
  const label = resolveSchedule(pass.sampler, pass.schedule);
  const scheduler = schedulers.find((known) => known.label === label);
  if (label === null || scheduler === undefined) return {};
  const values: Extra = {};
  if (pass.kind !== "hires") values["Schedule type"] = label;
  else if (label !== extra["Schedule type"]) values["Hires schedule type"] = label;
  const [low, high] = [options.getNumber("sigma_min"), options.getNumber("sigma_max")];
  if (low !== 0) values["Schedule min sigma"] = low;
  if (high !== 0) values["Schedule max sigma"] = high;
  const rho = options.getNumber("rho");
  if (scheduler.default_rho !== -1 && rho !== 0 && rho !== scheduler.default_rho) {
    values["Schedule rho"] = rho;
  }
  if (label === "Beta") {
    values["Beta schedule alpha"] = options.getNumber("beta_dist_alpha");
    values["Beta schedule beta"] = options.getNumber("beta_dist_beta");
  }
  return values;
}

function describeNoise(options: OptionStore, pass: SamplingPass): Extra {
  const values: Extra = {};
  const extraNoise = options.getNumber("img2img_extra_noise");
  if (pass.kind === "first" && options.get("sgm_noise_multiplier") === true) {
    values["SGM noise multiplier"] = true;
  }
  if (pass.kind !== "first" && extraNoise > 0) values["Extra noise"] = extraNoise;
  const noiseOption = getNoiseOption(pass.sampler);
  const eta = computeEta(pass, options);
  if (noiseOption === "eta_ancestral" && eta !== 1) values.Eta = asFloat(eta);
  if (noiseOption === "eta_ddim" && eta !== 0) values["Eta DDIM"] = asFloat(eta);
  for (const name of listSigmaOptions(pass.sampler)) {
    const [label = name, idle] = SIGMA_OPTIONS[name] ?? [];
    const value = options.getNumber(name);
    if (value !== idle) values[label] = value;
  }
  return values;
}

function describeSkippedGuidance(options: OptionStore, { steps }: SamplingPass): Extra {
  const values: Extra = {};
  const early = options.getNumber("skip_early_cond");
  const late = options.getNumber("s_min_uncond");
  if (early > 0) values["Skip Early CFG"] = early;
  if (late > 0 && steps > 1) values.NGMS = late;
  return values;
}

function listSigmaOptions(sampler: string): string[] {
  if (CHURNING_SAMPLERS.includes(sampler)) return Object.keys(SIGMA_OPTIONS);
  return NOISY_SAMPLERS.includes(sampler) ? ["s_noise"] : [];
}
