import { formatPythonText } from "../python-json.ts";
import type { ScriptArguments } from "./find-scripts.ts";

/** One enabled unit of ControlNet as the request has it. */
export interface ControlUnit {
  fields: Readonly<Record<string, unknown>>;
  /** base64 or a data URL; null without one, anything else makes the unit fail. */
  image: unknown;
  mask: unknown;
  module: string;
  model: string;
  savesMap: boolean;
  hiresOption: string;
}

/** What the Python class fills in, as it stands in infotexts. */
const DEFAULT_TEXTS: Readonly<Record<string, string>> = {
  module: "None",
  model: "None",
  weight: "1.0",
  resize_mode: "ResizeMode.INNER_FIT",
  guidance_start: "0.0",
  guidance_end: "1.0",
  pixel_perfect: "False",
  control_mode: "ControlMode.BALANCED",
  hr_option: "HiResFixOption.BOTH",
};

/** The same as values. */
const DEFAULT_VALUES: Readonly<Record<string, unknown>> = {
  weight: 1,
  resize_mode: "Crop and Resize",
  processor_res: -1,
  threshold_a: -1,
  threshold_b: -1,
  guidance_start: 0,
  guidance_end: 1,
  pixel_perfect: false,
  control_mode: "Balanced",
};

/** In this order; a -1 stands for a hidden slider and is left out. */
const SHOWN_FIELDS = [
  "module",
  "model",
  "weight",
  "resize_mode",
  "processor_res",
  "threshold_a",
  "threshold_b",
  "guidance_start",
  "guidance_end",
  "pixel_perfect",
  "control_mode",
  "hr_option",
];

/**
 * The enabled units of a request, null when one of its arguments is no unit at all: then the whole
 * script gives up, without a line in the infotext. A unit is enabled unless it says otherwise; an
 * argument that was left out is a disabled one.
 */
export function readUnits(given: ScriptArguments | undefined): ControlUnit[] | null {
  const values = given?.values.slice(0, given.givenCount) ?? [];
  if (!values.every(isDictionary)) return null;
  return values
    .filter((fields) => fields.enabled === undefined || Boolean(fields.enabled))
    .map((fields) => ({
      fields,
      image: fields.image ?? null,
      mask: fields.mask_image ?? null,
      module: String(fields.module ?? "None"),
      model: String(fields.model ?? "None"),
      savesMap: fields.save_detected_map !== false,
      hiresOption: String(fields.hr_option ?? "Both"),
    }));
}

/** The line that each enabled unit has in the infotext, whether it will work or not. */
export function describeUnit({ fields }: ControlUnit): string {
  const texts = SHOWN_FIELDS.flatMap((name) => {
    const isGiven = Object.hasOwn(fields, name);
    const text = isGiven ? formatPythonText(fields[name]) : DEFAULT_TEXTS[name];
    return text === undefined || fields[name] === -1 ? [] : [[writeName(name), text] as const];
  });
  // Forge gives up on the whole line when a value would break its own parser.
  if (texts.some(([, text]) => /[,:]/.test(text))) return "";
  return texts.map(([name, text]) => `${name}: ${text}`).join(", ");
}

/** What of a unit decides the picture, beside its own pictures: alike however the request spells it. */
export function readDrawnFields({ fields, module, model }: ControlUnit): unknown[] {
  const values = Object.entries(DEFAULT_VALUES).map(([name, value]) => fields[name] ?? value);
  return [module, model, ...values];
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function writeName(field: string): string {
  return field
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}
