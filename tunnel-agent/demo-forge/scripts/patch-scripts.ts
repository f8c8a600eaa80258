import { PythonError } from "../errors.ts";
import type { Extra } from "../infotext.ts";
import { asFloat } from "../python-json.ts";
import type { ChosenScripts, ScriptArguments } from "./find-scripts.ts";

/** What the patching scripts look at before they do anything. */
export interface PatchedPass {
  cfgScale: number;
  isFlux: boolean;
  width: number;
  height: number;
}

interface PatchScript {
  /** Names in infotexts, one for each argument; an argument marked ".0" is a float by default. */
  readonly keys: readonly string[];
  /** Why it leaves the picture as it is, without a word. */
  readonly isIdle?: (args: readonly unknown[], pass: PatchedPass) => boolean;
  /** What makes the whole job fail. */
  readonly check?: (args: readonly unknown[], pass: PatchedPass) => void;
}

/** Forge's own scripts that patch the model before each sampling, in the order in which they run. */
const PATCH_SCRIPTS: Readonly<Record<string, PatchScript>> = {
  "dynamicthresholding (cfg-fix) integrated": {
    keys: name(
      "dynthres",
      "enabled mimic_scale.0 threshold_percentile.0 mimic_mode mimic_scale_min.0 cfg_mode " +
        "cfg_scale_min.0 sched_val.0 separate_feature_channels scaling_startpoint " +
        "variability_measure interpolate_phi.0",
    ),
  },
  "freeu integrated (sd 1.x, sd 2.x, sdxl)": {
    keys: name("freeu", "enabled b1 b2 s1 s2 start.0 end.0"),
    isIdle: (_args, { isFlux }) => isFlux,
    check: (args) => {
      if (args.slice(1, 5).every((arg) => typeof arg === "number")) return;
      throw new PythonError("TypeError", "unsupported operand type(s) for -: 'str' and 'int'");
    },
  },
  "kohya hrfix integrated": {
    keys: name(
      "kohya_hrfix",
      "enabled block_number downscale_factor.0 start_percent.0 end_percent downscale_after_skip " +
        "downscale_method upscale_method",
    ),
    isIdle: (args) => !Number.isFinite(Number(args[1])),
  },
  "latentmodifier integrated": {
    keys: name(
      "latent_modifier",
      "enabled sharpness_multiplier.0 sharpness_method tonemap_multiplier.0 tonemap_method " +
        "tonemap_percentile.0 contrast_multiplier.0 combat_method combat_cfg_drift.0 " +
        "rescale_cfg_phi.0 extra_noise_type extra_noise_method extra_noise_multiplier.0 " +
        "extra_noise_lowpass divisive_norm_size divisive_norm_multiplier.0 spectral_mod_mode " +
        "spectral_mod_percentile.0 spectral_mod_multiplier.0 affect_uncond dyn_cfg_augmentation",
    ),
  },
  "multidiffusion integrated": {
    keys: name(
      "multidiffusion",
      "enabled method tile_width tile_height tile_overlap tile_batch_size",
    ),
    // A side of just the overlap is cut into no tile at all.
    check: (args, { width, height }) => {
      const overlap = Math.floor(Number(args[4]) / 8);
      if (![width, height].some((side) => Math.floor(side / 8) === overlap)) return;
      throw new PythonError("ZeroDivisionError", "integer division or modulo by zero");
    },
  },
  "perturbedattentionguidance integrated": {
    keys: name("pagi", "enabled scale.0 attenuation.0 start_step.0 end_step.0"),
  },
  "selfattentionguidance integrated (sd 1.x, sd 2.x, sdxl)": {
    keys: name("sag", "enabled scale blur_sigma.0 threshold.0"),
    isIdle: (_args, { cfgScale, isFlux }) => isFlux || cfgScale <= 1,
  },
  "stylealign integrated": { keys: name("stylealign", "enabled strength.0") },
};

const SOFT_INPAINTING = [
  "Soft inpainting enabled",
  "Soft inpainting schedule bias",
  "Soft inpainting preservation strength",
  "Soft inpainting transition contrast boost",
  "Soft inpainting mask influence",
  "Soft inpainting difference threshold",
  "Soft inpainting difference contrast",
];

const NOTHING: ScriptArguments = { values: [], givenCount: 0 };

/** What the patching scripts do to one pass. */
export interface Patches {
  extra: Extra;
  /** Differs whenever they change the picture in another way. */
  summary: string;
}

/**
 * Applies the patching scripts of a request in Forge's order. One that cannot read its arguments
 * either does nothing, without a word, or makes the whole job fail; what it throws is PythonError.
 */
export function applyPatchScripts({ alwaysOn }: ChosenScripts, pass: PatchedPass): Patches {
  const extra: Extra = {};
  for (const [title, script] of Object.entries(PATCH_SCRIPTS)) {
    const { values, givenCount } = alwaysOn.get(title) ?? NOTHING;
    if (!values[0] || script.isIdle?.(values, pass)) continue;
    script.check?.(values, pass);
    for (const [index, key] of script.keys.entries()) {
      const [label = key, mark] = key.split(".");
      extra[label] = writeArgument(values[index], mark !== undefined && index >= givenCount);
    }
  }
  return { extra, summary: JSON.stringify(extra) };
}

/** What soft inpainting adds to an infotext, before all others; nothing without a mask. */
export function describeSoftInpainting({ alwaysOn }: ChosenScripts, hasMask: boolean): Extra {
  const { values } = alwaysOn.get("soft inpainting") ?? NOTHING;
  if (!values[0] || !hasMask) return {};
  const labels = SOFT_INPAINTING.map((label, index) => [
    label,
    writeArgument(values[index], false),
  ]);
  return { ...Object.fromEntries(labels), "Soft inpainting enabled": true };
}

// A client in JavaScript sends 2 for 2.0, which Python then holds as a whole number; only the
// defaults are floats. Fractions read the same either way.
function writeArgument(value: unknown, isFloat: boolean): Extra[string] {
  if (typeof value === "number") return isFloat ? asFloat(value) : value;
  if (typeof value === "string" || typeof value === "boolean") return value;
  return JSON.stringify(value) ?? null;
}

function name(prefix: string, keys: string): string[] {
  return keys.split(" ").map((key) => `${prefix}_${key}`);
}
