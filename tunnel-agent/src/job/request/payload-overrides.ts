import { type ResolvedParams, SETTING_NAMES } from "@mobilesd/contract";
import type { HostOptions } from "../../forge/host.ts";
import type { Prepared } from "../before/prepare.ts";

/** Forge's samplers take these from the options, whatever the request says (sd_samplers_common.py `initialize`). */
const SAMPLER_OPTIONS = ["s_churn", "s_tmin", "s_tmax", "s_noise"] as const;

const FIXED = {
  // Masks among the results would be taken for results: they stand right behind each of them (1.11).
  return_mask: false,
  return_mask_composite: false,
  // Would make width and height those of the second pass.
  use_old_hires_fix_width_height: false,
} as const;

const CHECKPOINT = "sd_model_checkpoint";
const MODULES = "forge_additional_modules";
const CLIP_SKIP = "CLIP_stop_at_last_layers";

/** Every option of Forge that a body may override. */
export const OVERRIDE_KEYS: readonly string[] = [
  CHECKPOINT,
  MODULES,
  CLIP_SKIP,
  ...SETTING_NAMES,
  ...SAMPLER_OPTIONS,
  ...Object.keys(FIXED),
];

type Values = Readonly<Record<string, unknown>>;

/**
 * What the ratio for all pictures must be in img2img. Once it is overridden it wins over img2img's own, if it
 * is not 0 (processing.py `get_token_merging_ratio`), although neither the job nor the page says so.
 */
function tokenMergingOf(
  { img2img, settings = {} }: ResolvedParams,
  own: Values,
): number | undefined {
  const { token_merging_ratio, token_merging_ratio_img2img } = settings;
  if (!img2img || token_merging_ratio !== undefined) return token_merging_ratio;
  const ofImg2img = token_merging_ratio_img2img ?? own.token_merging_ratio_img2img;
  return typeof ofImg2img === "number" && ofImg2img > 0 ? 0 : undefined;
}

/**
 * The options that a body overrides: always the same ones on one host, with the job's value or else the
 * host's own. Forge gives back only those that its config holds, so one left out could still have the last
 * job's value (1.6.1). Where the host's are not known (`own` empty) only what the job decides is sent.
 */
export function overridesOf(
  params: ResolvedParams,
  { checkpoints, modules }: Pick<Prepared, "checkpoints" | "modules">,
  own: HostOptions["own"],
): Record<string, unknown> {
  const isKnown = Object.keys(own).length > 0;
  const asked: Values = { ...params.settings, token_merging_ratio: tokenMergingOf(params, own) };
  const settings = SETTING_NAMES.map((name) => [name, asked[name] ?? own[name]] as const);
  const sampling = SAMPLER_OPTIONS.filter((name) => Object.hasOwn(own, name)).map(
    (name) => [name, params[name] ?? own[name]] as const,
  );
  const fixed = Object.entries(FIXED).filter(([name]) => !isKnown || Object.hasOwn(own, name));
  const values = [
    [CHECKPOINT, checkpoints.main],
    [MODULES, modules.main ?? own[MODULES]],
    [CLIP_SKIP, params.clip_skip],
    ...settings,
    ...sampling,
    ...fixed,
  ] as const;
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
