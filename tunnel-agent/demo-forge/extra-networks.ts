import type { Forge } from "./forge.ts";
import type { Extra } from "./infotext.ts";
import type { Batch } from "./job.ts";
import { describeLoraHashes, findLoras, type LoadedLora } from "./loras.ts";
import type { Model } from "./model-memory.ts";
import { findEmbeddings } from "./prompts.ts";

/**
 * Works the LoRAs of a batch into its model, those of its first picture for all of them, and
 * returns what that adds to the infotext. With `disable_extra_networks` nothing is loaded or
 * unloaded: what the job before left stays. Hires fix loads them all the same, because it prepares
 * its second pass without looking (setup_conds).
 */
export function applyNetworks(model: Model, { job, indexes }: Batch): Extra {
  const { plan, forge, request } = job;
  const isPrepared =
    plan.hires !== null &&
    plan.hires.checkpoint === null &&
    forge.options.get("hires_fix_use_firstpass_conds") !== true;
  if (request.body.disable_extra_networks && !isPrepared) return {};
  model.loras = findLoras(plan.prompts[indexes[0] ?? 0] ?? "");
  return describeNetworks(forge, model.loras);
}

/** The same for the second pass of hires fix, whose prompt may name other LoRAs. */
export function applyHiresNetworks(model: Model, { job, indexes }: Batch): Extra {
  const { plan, forge, request } = job;
  if (request.body.disable_extra_networks) return {};
  const prompt = plan.prompts[indexes[0] ?? 0] ?? "";
  model.loras = findLoras(plan.hires?.prompt ?? prompt);
  return describeNetworks(forge, [...findLoras(prompt), ...model.loras]);
}

/** What the texts of a batch add to an infotext: embeddings, and how brackets are understood. */
export function describeTexts({ job, indexes }: Batch): Extra {
  const { plan, forge } = job;
  const first = indexes[0] ?? 0;
  const extra: Extra = {};
  const emphasis = String(forge.options.get("emphasis"));
  const negative = plan.cfgScale === 1 ? "" : (plan.negativePrompts[first] ?? "");
  // The prompt is encoded last, and its line takes the place of the negative prompt's.
  for (const text of [negative, plan.prompts[first] ?? ""]) {
    const embeddings = findEmbeddings(text);
    if (embeddings.length > 0) extra.TI = embeddings.join(", ");
    if (/[([]/.test(text) && emphasis !== "Original") extra.Emphasis = emphasis;
  }
  return extra;
}

/** A LoRA in force as test logs show it: name:weight. */
export function formatLora({ name, weights: [encoder, unet] }: LoadedLora): string {
  return encoder === unet ? `${name}:${unet}` : `${name}:${encoder}:${unet}`;
}

function describeNetworks(forge: Forge, loras: readonly LoadedLora[]): Extra {
  if (forge.options.get("lora_add_hashes_to_infotext") === false) return {};
  const hashes = describeLoraHashes(loras, !forge.flags.noHashing);
  return hashes === null ? {} : { "Lora hashes": hashes };
}
