import { CONTROLNET_TITLE, type Hires, hiresSize, modelFileStem } from "@mobilesd/contract";

/** Parameters as a row holds them. Old rows may lack any field, or hold other things in it. */
type Params = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isRecord = (value: unknown): value is Params => typeof value === "object" && value !== null;

/** A model as people know it: without folders, ending and hash. */
const modelWords = (name: string) => modelFileStem(name.replace(/ \[[0-9a-f]+\]$/, ""));

/** The picture's size; with a hires fix that of both passes. */
function sizeWords({ width, height, hires }: Params): string | null {
  if (!isNumber(width) || !isNumber(height)) return null;
  const first = `${width}×${height}`;
  if (!isRecord(hires)) return first;
  const second = hiresSize({ width, height }, hires as Hires);
  return `${first} → ${second.width}×${second.height}`;
}

function refinerWords({ refiner }: Params): string | null {
  if (!isRecord(refiner) || !isText(refiner.checkpoint_name)) return null;
  return `refined by ${modelWords(refiner.checkpoint_name)}`;
}

function inputWords({ img2img }: Params): string | null {
  if (!isRecord(img2img)) return null;
  return isRecord(img2img.mask) ? "inpainting" : "image to image";
}

/** What a unit of ControlNet looks for: its preprocessor, or its model where it has none. */
function unitWords(unit: unknown): string[] {
  if (!isRecord(unit) || unit.enabled === false) return [];
  const names = [unit.module, unit.model].filter(isText).filter((name) => name !== "None");
  return names.slice(0, 1).map(modelWords);
}

function controlNetWords({ alwayson_scripts: scripts }: Params): string | null {
  if (!isRecord(scripts)) return null;
  const title = Object.keys(scripts).find((one) => one.toLowerCase() === CONTROLNET_TITLE);
  const script = title === undefined ? null : scripts[title];
  const units = isRecord(script) && Array.isArray(script.args) ? script.args : [];
  const names = units.flatMap(unitWords);
  return names.length === 0 ? null : `ControlNet ${names.join(", ")}`;
}

/** Longer parts may break between their words: as one word they would not fit a phone. */
const UNBROKEN_CHARS_MAX = 30;

const keepTogether = (part: string) =>
  part.length > UNBROKEN_CHARS_MAX ? part : part.replaceAll(" ", "\u00a0");

/** A job's settings in one line. */
export function settingsWords(params: Params): string {
  const { checkpoint_name, steps, sampler_name, batch_size, n_iter, script } = params;
  const count = (isNumber(batch_size) ? batch_size : 1) * (isNumber(n_iter) ? n_iter : 1);
  const size = [count > 1 ? `${count} pictures` : null, sizeWords(params)]
    .filter((part) => part !== null)
    .join(", ");
  return [
    isText(checkpoint_name) ? modelWords(checkpoint_name) : null,
    size === "" ? null : size,
    isNumber(steps) ? `${steps} steps` : null,
    isText(sampler_name) ? sampler_name : null,
    refinerWords(params),
    inputWords(params),
    controlNetWords(params),
    isRecord(script) && isText(script.name) ? script.name : null,
  ]
    .filter((part) => part !== null)
    .map(keepTogether)
    .join("\u00a0· ");
}

/** The prompt of a job, or what to show where there is none. */
export function promptWords(params: Params): string {
  const prompt = params.positive_prompt;
  return isText(prompt) && prompt.trim() !== "" ? prompt : "No prompt";
}
