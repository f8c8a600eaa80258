import type { ErrorDetail } from "@mobilesd/contract";
import {
  DENOISING_KEY,
  HIRES_KEYS,
  HIRES_MODULE_KEY,
  HIRES_SIGNS,
  INFORMATIVE_KEYS,
  MODEL_HASH_KEY,
  MODEL_KEY,
  MODULE_KEY,
  OLD_VAE_KEY,
  PARAM_KEYS,
  REFINER_KEYS,
  SETTING_KEYS,
} from "./infotext-keys.ts";
import type { ParameterLine } from "./infotext-line.ts";

/** Names shown in one sentence, and characters of each: an extension writes dozens. */
const NAMES_SHOWN_MAX = 3;
const NAME_SHOWN_CHARS = 60;

const INPUT_PICTURE =
  "an infotext holds no input picture. For image to image, hand the picture over as an upload and queue the job by generation_params with img2img";
const SCRIPT =
  "an infotext does not hold all that a script was told. Queue the job by generation_params with alwayson_scripts";
const CONTROLNET =
  "an infotext holds no picture for ControlNet. Hand it over as an upload and queue the job by generation_params with alwayson_scripts.ControlNet";
const GRID = "this is the infotext of a grid. Take that of one of its pictures";
const AFTERWARDS =
  "no job works on a finished picture yet. Take the infotext of the picture as it was before";
const CIVITAI =
  "Civitai names models by numbers of its own. Write the LoRAs into the prompt and leave this out";
const HALF_HIRES = `a hires fix needs "${DENOISING_KEY}" and the size of its second pass as well`;
const NOTHING = "no job can hold this. Leave it out only if the picture does not depend on it";

/** Names that Forge and what is usual beside it write, and why no job can be made of them. First match wins. */
const REFUSALS: readonly (readonly [names: RegExp, why: string])[] = [
  [/^(Mask(ed)? \w+|Masked area padding|Inpaint area|Init image hash)$/, INPUT_PICTURE],
  [/^(Noise multiplier|Image CFG scale|Final denoising strength|Denoising curve)$/, INPUT_PICTURE],
  [/^(Soft inpainting .+|SD upscale .+|Decode .+|Randomness|Sigma Adjustment)$/, INPUT_PICTURE],
  [/^ControlNet\b/, CONTROLNET],
  [/^(Script|(Fixed )?[XYZ] (Type|Values))$/, GRID],
  [/^ADetailer\b/, SCRIPT],
  [/^(freeu|dynthres|latent_modifier|kohya_hrfix|multidiffusion|pagi|sag|stylealign)_/, SCRIPT],
  [/^(Postprocess .+|GFPGAN visibility|CodeFormer (visibility|weight))$/, AFTERWARDS],
  [/^Civitai resources$/, CIVITAI],
];

function isHiresKey(name: string): boolean {
  return HIRES_KEYS.has(name) || HIRES_MODULE_KEY.test(name);
}

function isKnown(name: string): boolean {
  return (
    PARAM_KEYS.has(name) ||
    SETTING_KEYS.has(name) ||
    REFINER_KEYS.has(name) ||
    INFORMATIVE_KEYS.has(name) ||
    MODULE_KEY.test(name) ||
    [MODEL_KEY, MODEL_HASH_KEY, OLD_VAE_KEY].includes(name)
  );
}

/** Why a name makes a text unfit to be queued; null where it does not. */
function refusalOf(name: string, hasHires: boolean): string | null {
  if (isKnown(name)) return null;
  if (isHiresKey(name)) return hasHires ? null : HALF_HIRES;
  if (name === DENOISING_KEY) return hasHires ? null : INPUT_PICTURE;
  return REFUSALS.find(([names]) => names.test(name))?.[1] ?? NOTHING;
}

function quoted(names: readonly string[]): string {
  const shown = names
    .slice(0, NAMES_SHOWN_MAX)
    .map((name) => `"${name.slice(0, NAME_SHOWN_CHARS)}"`)
    .join(", ");
  const rest = names.length - NAMES_SHOWN_MAX;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/** Whether the line is of a picture with a hires fix: only then `Denoising strength` is no image to image. */
export function hasHiresFix(values: ReadonlyMap<string, string>): boolean {
  return values.has(DENOISING_KEY) && HIRES_SIGNS.some((name) => values.has(name));
}

/**
 * Why a line of parameters cannot be queued as it is, one sentence for each reason, by name: dropped in
 * silence, any of them would give another picture. Empty where all of it can.
 */
export function findRefusals(
  values: ReadonlyMap<string, string>,
  strays: ParameterLine["strays"],
): ErrorDetail[] {
  const hasHires = hasHiresFix(values);
  const namesByReason = new Map<string, string[]>();
  const refuse = (name: string, why: string) => {
    namesByReason.set(why, [...(namesByReason.get(why) ?? []), name]);
  };
  for (const name of values.keys()) {
    const why = refusalOf(name, hasHires);
    if (why !== null) refuse(name, why);
  }
  for (const stray of strays) refuse(stray, NOTHING);
  return [...namesByReason].map(([why, names]) => ({
    field: "generation_info_raw",
    message: `${quoted(names)}: ${why}`,
  }));
}
