import { type AlwaysonScripts, CONTROLNET_TITLE, PAGE_ONLY_SCRIPTS } from "./scripts.ts";

/**
 * The key that a script of Forge itself writes into the infotext when it works (extensions-builtin), by its
 * title in lower case. One that cannot read its arguments, or does not fit the model, does nothing instead.
 */
export const SCRIPT_SIGNS: Readonly<Record<string, string>> = {
  "dynamicthresholding (cfg-fix) integrated": "dynthres_enabled",
  "freeu integrated (sd 1.x, sd 2.x, sdxl)": "freeu_enabled",
  "kohya hrfix integrated": "kohya_hrfix_enabled",
  "latentmodifier integrated": "latent_modifier_enabled",
  "multidiffusion integrated": "multidiffusion_enabled",
  "perturbedattentionguidance integrated": "pagi_enabled",
  "selfattentionguidance integrated (sd 1.x, sd 2.x, sdxl)": "sag_enabled",
  "stylealign integrated": "stylealign_enabled",
  "soft inpainting": "Soft inpainting enabled",
};

/** The title, in lower case, of the extension that draws faces and hands of a result anew. */
export const ADETAILER_TITLE = "adetailer";

/** Always-on scripts that leave number, seeds and sizes of results alone. In lower case. */
const KEEPS_RESULTS: ReadonlySet<string> = new Set([
  ...Object.keys(SCRIPT_SIGNS),
  ...PAGE_ONLY_SCRIPTS,
  CONTROLNET_TITLE,
  ADETAILER_TITLE,
  "extra options",
  "never oom integrated",
]);

/**
 * Whether an always-on script of an extension takes part, which may make more or fewer results than were
 * asked for, by seeds and in sizes of its own: what it does, only it knows. Its first argument is mostly
 * its switch.
 */
export function mayChangeResults(scripts: AlwaysonScripts | undefined): boolean {
  return Object.entries(scripts ?? {}).some(
    ([title, { args }]) => !KEEPS_RESULTS.has(title.toLowerCase()) && args[0] !== false,
  );
}
