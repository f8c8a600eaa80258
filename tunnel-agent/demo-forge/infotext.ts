import { getBaseName, getShortHash } from "./checkpoints.ts";
import { getModuleName } from "./modules.ts";
import type { OptionStore } from "./option-store.ts";
import type { Plan } from "./plan.ts";
import { asFloat, formatPythonText, type PythonFloat } from "./python-json.ts";
import { usesNoiseSeedDelta } from "./samplers.ts";
import { computeEta } from "./sampling-settings.ts";

/** The texts of the picture that an infotext is for. */
export interface PictureTexts {
  prompt: string;
  negativePrompt: string;
}

/** A value under `extra_generation_params`; a function gives another one for each picture. */
export type ExtraValue =
  | string
  | number
  | boolean
  | PythonFloat
  | null
  | ((texts: PictureTexts) => string | null);

/** `extra_generation_params`: what stands in an infotext beyond the basic keys, in this order. */
export type Extra = Record<string, ExtraValue>;

/** Writes the text of one picture, as `infotexts` and the PNG hold it (create_infotext). */
export function createInfotext(plan: Plan, options: OptionStore, index: number): string {
  const prompt = plan.prompts[index] ?? "";
  const negativePrompt = plan.negativePrompts[index] ?? "";
  const values: Extra = {
    ...describeBasics(plan, options, index),
    ...describeOptions(plan, options),
    ...plan.extra,
    Version: options.get("add_version_to_infotext") === false ? null : plan.version,
    ...describeModel(plan, options),
  };
  const line = Object.entries(values).flatMap(([key, value]) =>
    writePair(key, typeof value === "function" ? value({ prompt, negativePrompt }) : value),
  );
  const negative = negativePrompt === "" ? "" : `\nNegative prompt: ${negativePrompt}`;
  return `${prompt}${negative}\n${line.join(", ")}`.trim();
}

function describeBasics(plan: Plan, options: OptionStore, index: number): Extra {
  const isVaried = plan.subseedStrength !== 0;
  const { width, height } = plan.seedResize;
  const model = options.get("add_model_name_to_info") === false ? null : plan.checkpoint;
  const hashed = options.get("add_model_hash_to_info") === false ? null : plan.checkpoint;
  return {
    Steps: plan.steps,
    Sampler: plan.sampler,
    "Schedule type": plan.schedule,
    "CFG scale": asFloat(plan.cfgScale),
    "Distilled CFG Scale": asFloat(plan.distilledCfgScale),
    Seed: plan.seeds[index] ?? null,
    "Face restoration": plan.restoreFaces ? String(options.get("face_restoration_model")) : null,
    Size: `${plan.width}x${plan.height}`,
    "Model hash": hashed && getShortHash(hashed),
    Model: model && getBaseName(model),
    "Variation seed": isVaried ? (plan.subseeds[index] ?? null) : null,
    "Variation seed strength": isVaried ? asFloat(plan.subseedStrength) : null,
    "Seed resize from": width > 0 && height > 0 ? `${width}x${height}` : null,
    "Denoising strength": null,
  };
}

function describeOptions(plan: Plan, options: OptionStore): Extra {
  const delta = options.getNumber("eta_noise_seed_delta");
  const usesDelta =
    delta !== 0 && usesNoiseSeedDelta(plan.sampler) && computeEta(plan, options) !== 0;
  const source = String(options.get("randn_source"));
  return {
    "Clip skip": plan.clipSkip > 1 ? plan.clipSkip : null,
    ENSD: usesDelta ? delta : null,
    "Token merging ratio": plan.tokenMerging || null,
    "Token merging ratio hr": plan.hires ? plan.tokenMergingHires || null : null,
    RNG: source === "GPU" ? null : source,
    Tiling: plan.isTiling ? "True" : null,
  };
}

// Forge writes these behind the version.
function describeModel(plan: Plan, options: OptionStore): Extra {
  const values: Extra = {};
  const storage = String(options.get("forge_unet_storage_dtype"));
  if (storage !== "Automatic") values["Diffusion in Low Bits"] = storage;
  for (const [number, module] of plan.modules.entries()) {
    values[`Module ${number + 1}`] = getModuleName(module);
  }
  return values;
}

function writePair(key: string, value: Exclude<ExtraValue, (texts: PictureTexts) => unknown>) {
  if (value === null) return [];
  const text = formatPythonText(value);
  return [key === value ? key : `${key}: ${quoteText(text)}`];
}

function quoteText(text: string): string {
  return /[,\n:]/.test(text) ? JSON.stringify(text) : text;
}
