import { diffValues, isObject, type JsonObject } from "../compare/difference.ts";
import { loadExchange } from "../recording.ts";
import type { ForgeConnection } from "./connection.ts";

/**
 * Options that show in an answer, a picture or a trace: for the run they have the values that the
 * recordings were made with.
 */
const SHOWN = [
  ["samples_format", "enable_pnginfo", "stealth_pnginfo_option", "save_txt", "save_init_img"],
  ["save_mask", "save_mask_composite", "return_grid", "grid_only_if_multiple", "grid_format"],
  ["return_mask", "return_mask_composite", "add_model_name_to_info", "add_model_hash_to_info"],
  ["add_user_name_to_info", "add_version_to_infotext", "add_vae_name_to_info", "infotext_styles"],
  ["textual_inversion_add_hashes_to_infotext", "CLIP_stop_at_last_layers", "eta_noise_seed_delta"],
  ["randn_source", "emphasis", "tiling", "face_restoration", "hires_fix_refiner_pass"],
  ["token_merging_ratio", "token_merging_ratio_img2img", "token_merging_ratio_hr", "fp8_storage"],
  ["sd_vae_encode_method", "sd_vae_decode_method", "sd_noise_schedule", "skip_early_cond"],
  ["s_min_uncond", "s_churn", "s_tmin", "s_tmax", "s_noise", "eta_ddim", "eta_ancestral"],
  ["sigma_min", "sigma_max", "rho", "use_old_emphasis_implementation", "use_old_scheduling"],
  ["use_old_karras_scheduler_sigmas", "always_discard_next_to_last_sigma", "sgm_noise_multiplier"],
  ["initial_noise_multiplier", "inpainting_mask_weight", "img2img_extra_noise", "overlay_inpaint"],
  ["img2img_color_correction", "img2img_fix_steps", "img2img_background_color"],
  ["enable_prompt_comments", "persistent_cond_cache", "refiner_switch_by_sample_steps"],
  ["live_previews_enable", "live_previews_image_format", "show_progress_every_n_steps"],
  [
    "show_progress_type",
    "live_preview_content",
    "api_enable_requests",
    "api_forbid_local_requests",
  ],
  ["forge_additional_modules", "disable_weights_auto_swap"],
].flat();

/** Options that cases override: they must be stored, or the override would stay in force after them. */
const OVERRIDDEN = [
  "CLIP_stop_at_last_layers",
  "eta_noise_seed_delta",
  "return_mask",
  "return_mask_composite",
  "samples_format",
  "grid_format",
  "sd_model_checkpoint",
];

/** Forge writes these by itself when it loads a model. */
const OWN = ["sd_checkpoint_hash"];

/** The settings of a Forge during a run. */
export interface LabSettings {
  /** All options as they were before. */
  readonly before: JsonObject;
  /** Sets options for some cases; they are put back with all others. */
  change(changes: JsonObject): Promise<void>;
  /** Every option that was set, with the value that it had before. */
  listChanged(): JsonObject;
  /** Puts back every option that was set, and tells which ones could not be. */
  restore(): Promise<string[]>;
}

/** The names of all options that a run may set. */
export function listLabOptions(): string[] {
  return [...new Set([...SHOWN, ...OVERRIDDEN])];
}

/**
 * Gives a Forge the settings of the recordings and a checkpoint, and remembers its own. When Forge refuses
 * one of them, all are as before.
 */
export async function applyLabSettings(
  forge: ForgeConnection,
  checkpoint: string,
): Promise<LabSettings> {
  const before = await readOptions(forge);
  const changed = new Set<string>();
  const change = async (changes: JsonObject) => {
    // A key that this Forge does not know would be refused with all others.
    const known = Object.entries(changes).filter(([name]) => Object.hasOwn(before, name));
    for (const [name] of known) changed.add(name);
    if (known.length > 0) await forge.ask("/sdapi/v1/options", Object.fromEntries(known));
  };
  const listChanged = () => Object.fromEntries([...changed].map((name) => [name, before[name]]));
  const restore = async () => {
    if (changed.size > 0) await forge.ask("/sdapi/v1/options", listChanged());
    return diffValues(hideOwn(before), hideOwn(await readOptions(forge)), "options");
  };
  const recorded = loadExchange("lists/options").response.body;
  const lab = isObject(recorded) ? recorded : {};
  const wanted: JsonObject = {};
  for (const name of SHOWN) {
    if (diffValues(lab[name], before[name], "").length > 0) wanted[name] = lab[name];
  }
  for (const name of OVERRIDDEN) wanted[name] = lab[name];
  wanted.sd_model_checkpoint = checkpoint;
  try {
    await change(wanted);
  } catch (error) {
    // Forge sets options one by one: those before a bad one are set.
    await restore();
    throw error;
  }
  return { before, change, listChanged, restore };
}

async function readOptions(forge: ForgeConnection): Promise<JsonObject> {
  const options = await forge.read("/sdapi/v1/options");
  if (!isObject(options)) throw new Error("GET /sdapi/v1/options: is no dictionary");
  return options;
}

function hideOwn(options: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !OWN.includes(name)));
}
