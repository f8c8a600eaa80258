import type { ErrorDetail, GenerationParams } from "@mobilesd/contract";
import {
  DENOISING_KEY,
  HIRES_KEYS,
  HIRES_MODULE_KEY,
  MODEL_HASH_KEY,
  MODEL_KEY,
  MODULE_KEY,
  OLD_VAE_KEY,
  PARAM_KEYS,
  REFINER_KEYS,
  readDenoising,
  SETTING_KEYS,
} from "./infotext-keys.ts";
import { readParameterLine } from "./infotext-line.ts";
import { findRefusals, hasHiresFix } from "./infotext-refusals.ts";
import { err, ok, type Result } from "./result.ts";

/** Parameters as an infotext spells them: still to be checked by the schema, like any request. */
type RawParams = { [K in keyof GenerationParams]?: unknown };
type Values = ReadonlyMap<string, string>;

/** Fewer pairs than this, and the last line belongs to the prompt, as Forge reads it. */
const PAIRS_MIN = 3;

/** As Forge splits them: from the first line that says so, all is the negative prompt; each line trimmed. */
function splitPrompts(lines: readonly string[]): { positive: string; negative: string } {
  const mark = "Negative prompt:";
  const positive: string[] = [];
  const negative: string[] = [];
  let into = positive;
  for (const line of lines.map((one) => one.trim())) {
    if (line.startsWith(mark)) into = negative;
    into.push(line.startsWith(mark) ? line.slice(mark.length).trim() : line);
  }
  return { positive: positive.join("\n").trim(), negative: negative.join("\n").trim() };
}

/** All that a table knows of the line; a field that stands there twice has the later value, as in Forge. */
function readAll(
  table: ReadonlyMap<string, (value: string) => object>,
  values: Values,
): Record<string, unknown> {
  const found = [...values].map(([name, value]) => table.get(name)?.(value) ?? {});
  return Object.assign({}, ...found);
}

/** The values of names that end with a number, in its order. */
function readNumbered(pattern: RegExp, values: Values): string[] {
  return [...values]
    .map(([name, value]) => ({ number: Number(pattern.exec(name)?.[1] ?? Number.NaN), value }))
    .filter(({ number }) => !Number.isNaN(number))
    .sort((a, b) => a.number - b.number)
    .map(({ value }) => value);
}

/** Modules by name without ending, as Forge writes them; absent where the text names none. */
function readModules(values: Values): { modules?: string[] } {
  const vae = values.get(OLD_VAE_KEY);
  const modules = [...(vae === undefined ? [] : [vae]), ...readNumbered(MODULE_KEY, values)];
  return modules.length === 0 ? {} : { modules };
}

/** The second pass's modules: Forge writes a word of its own for "the same" and for "those in the checkpoint". */
function readHiresModules(values: Values): { modules?: string[] } {
  const modules = readNumbered(HIRES_MODULE_KEY, values);
  if (modules.length === 0 || modules.includes("Use same choices")) return {};
  return { modules: modules.filter((name) => name !== "Built-in") };
}

/** A name with its hash is that very file and not another of the same name; a hash alone is as good. */
function readModel(values: Values): { checkpoint_name?: string } {
  const name = values.get(MODEL_KEY);
  const hash = values.get(MODEL_HASH_KEY);
  if (name === undefined) return hash === undefined ? {} : { checkpoint_name: hash };
  const isPinned = hash !== undefined && /^[0-9a-f]{10}$/.test(hash);
  return { checkpoint_name: isPinned ? `${name} [${hash}]` : name };
}

/** Texts of before there were schedulers name it behind the sampler: `DPM++ 2M Karras` (sd_samplers.py). */
function splitSampler(params: Record<string, unknown>): Record<string, unknown> {
  const { sampler_name, scheduler } = params;
  if (scheduler !== undefined || typeof sampler_name !== "string") return params;
  const [, sampler, behind] = /^(.+) (Karras|Exponential)$/.exec(sampler_name) ?? [];
  return behind === undefined ? params : { ...params, sampler_name: sampler, scheduler: behind };
}

function readHires(values: Values): { hires?: Record<string, unknown> } {
  if (!hasHiresFix(values)) return {};
  const hires = splitSampler(readAll(HIRES_KEYS, values));
  const denoising = readDenoising(values.get(DENOISING_KEY) ?? "");
  return { hires: { ...hires, ...denoising, ...readHiresModules(values) } };
}

/** A group of fields, absent where the line has none of them. */
function group(name: "settings" | "refiner", fields: Record<string, unknown>): RawParams {
  return Object.keys(fields).length === 0 ? {} : { [name]: fields };
}

function readValues(values: Values): RawParams {
  return {
    ...splitSampler(readAll(PARAM_KEYS, values)),
    ...(values.has("Face restoration") ? { restore_faces: true } : {}),
    ...readModel(values),
    ...readModules(values),
    ...group("settings", readAll(SETTING_KEYS, values)),
    ...group("refiner", readAll(REFINER_KEYS, values)),
    ...readHires(values),
  };
}

const refusal = (message: string): ErrorDetail => ({ field: "generation_info_raw", message });
const NO_PARAMETERS = refusal(
  'the last line is not one of parameters, such as "Steps: 20, Sampler: Euler a, Size: 512x512, Model: …"',
);
const NO_MODEL = refusal('names no model: write "Model: …" into its last line');

/**
 * Reads an infotext (forge-reference 1.15) into `generation_params` as a client would have written them.
 * What it does not say stays as the server has it; what it says and no job can hold is an error by name.
 */
export function parseInfotext(text: string): Result<RawParams, ErrorDetail[]> {
  const lines = text.trim().split("\n");
  const last = readParameterLine(lines.pop() ?? "");
  if (last.pairs.length < PAIRS_MIN) return err([NO_PARAMETERS]);
  const { positive, negative } = splitPrompts(lines);
  const values = new Map(last.pairs);
  const params = readValues(values);
  const refusals = findRefusals(values, last.strays);
  if (params.checkpoint_name === undefined) refusals.push(NO_MODEL);
  if (refusals.length > 0) return err(refusals);
  return ok({ positive_prompt: positive, negative_prompt: negative, ...params });
}
