import { findCheckpoint, findClosestCheckpoint } from "./checkpoints.ts";
import { PythonError } from "./errors.ts";
import type { Forge } from "./forge.ts";
import { areSameModules, findModules } from "./modules.ts";
import type { Options } from "./option-store.ts";

/** Options of the memory's management: any change of them refreshes the selected model. */
const MEMORY_OPTIONS = ["forge_inference_memory", "forge_async_loading", "forge_pin_shared_memory"];

/**
 * Sets options one by one as Forge's set_config does, for overrides, for putting them back and for
 * POST /sdapi/v1/options. Those before a bad one stay set. A change of the model costs a trip out
 * of the GPU's memory. Throws RuntimeError for an unknown model and KeyError for an unknown option.
 */
export function changeOptions(forge: Forge, changes: Options): void {
  let isModelChanged = false;
  for (const [name, value] of Object.entries(changes)) {
    if (isEqualInPython(value, forge.options.getStored(name) ?? null)) continue;
    if (name === "sd_model_checkpoint") {
      isModelChanged = changeCheckpoint(forge, value) || isModelChanged;
    } else if (name === "forge_additional_modules") {
      isModelChanged = changeModules(forge, value) || isModelChanged;
    } else {
      forge.options.store(name, value);
      isModelChanged ||= MEMORY_OPTIONS.includes(name);
    }
  }
  if (isModelChanged) forge.memory.select(forge.options);
}

// Another alias of the selected one changes nothing, not even the option's spelling.
function changeCheckpoint({ options, checkpoints }: Forge, name: unknown): boolean {
  if (name !== null && findCheckpoint(checkpoints, name) === undefined) {
    throw new PythonError("RuntimeError", `model '${name}' not found`);
  }
  const find = (text: unknown) => findClosestCheckpoint(checkpoints, String(text ?? ""));
  if (find(name) === find(options.get("sd_model_checkpoint"))) return false;
  options.store("sd_model_checkpoint", name);
  return true;
}

function changeModules({ options, modules }: Forge, wanted: unknown): boolean {
  const found = findModules(modules, wanted);
  if (areSameModules(found, options.getStored("forge_additional_modules") ?? [])) return false;
  options.store("forge_additional_modules", found);
  return true;
}

// 1 equals True; lists are equal by content.
function isEqualInPython(one: unknown, other: unknown): boolean {
  const plain = (value: unknown) => (typeof value === "boolean" ? Number(value) : value);
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}
