import { SETTING_NAMES } from "@mobilesd/contract";

/** Options that are no settings of a job, by the field of `generation_params` that they stand for. */
const FIELDS: Record<string, string> = {
  forge_additional_modules: "modules",
  CLIP_stop_at_last_layers: "clip_skip",
  sd_model_checkpoint: "checkpoint_name",
};

/** Every option of Forge that a field of a job stands for. */
export const OPTION_NAMES: readonly string[] = [...SETTING_NAMES, ...Object.keys(FIELDS)];

/** The field of a job that sets one of Forge's options; undefined where none does. */
export function fieldOfOption(name: string): string | undefined {
  return SETTING_NAMES.some((one) => one === name) ? `settings.${name}` : FIELDS[name];
}
