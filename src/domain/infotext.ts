import type { ErrorDetail, GenerationParams } from "@mobilesd/contract";
import { err, ok, type Result } from "./result.ts";

/** Parameters as an infotext spells them: still to be checked by the schema, like any request. */
type RawParams = { [K in keyof GenerationParams]?: unknown };

/** Forge's pattern of one parameter (modules/infotext_utils.py): a name, then a JSON string or text to the comma. */
const PARAMETER = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;
/** Fewer pairs than this, and the last line belongs to the prompt. */
const PARAMETERS_MIN = 3;

/** What says how a picture came about but decides nothing when it is made again. */
const INFORMATIVE = new Set([
  "Model hash",
  "Version",
  "User",
  "Lora hashes",
  "TI",
  "TI hashes",
  "Hashes",
  "VAE hash",
]);

type Assign = (value: string, into: RawParams) => void;

const numberTo =
  (field: keyof GenerationParams): Assign =>
  (value, into) => {
    into[field] = Number(value);
  };
const textTo =
  (field: keyof GenerationParams): Assign =>
  (value, into) => {
    into[field] = value;
  };

/** `512x768`; what is not such a pair becomes NaN, which the schema refuses. */
function parseSize(value: string): { width: number; height: number } {
  const [width = Number.NaN, height = Number.NaN] = value.split("x").map(Number);
  return { width, height };
}

const ASSIGNMENTS = new Map<string, Assign>(
  Object.entries({
    Steps: numberTo("steps"),
    Sampler: textTo("sampler_name"),
    "Schedule type": textTo("scheduler"),
    "CFG scale": numberTo("cfg_scale"),
    "Distilled CFG Scale": numberTo("distilled_cfg_scale"),
    Seed: numberTo("seed"),
    Model: textTo("checkpoint_name"),
    "Clip skip": numberTo("clip_skip"),
    "Variation seed": numberTo("subseed"),
    "Variation seed strength": numberTo("subseed_strength"),
    Eta: numberTo("eta"),
    Size: (value, into) => {
      const { width, height } = parseSize(value);
      into.width = width;
      into.height = height;
    },
    "Seed resize from": (value, into) => {
      const { width, height } = parseSize(value);
      into.seed_resize_from_w = width;
      into.seed_resize_from_h = height;
    },
    "Face restoration": (_, into) => {
      into.restore_faces = true;
    },
    Tiling: (value, into) => {
      into.tiling = value !== "False";
    },
  } satisfies Record<string, Assign>),
);

function unquote(value: string): string {
  if (!value.startsWith('"')) return value.trim();
  try {
    return String(JSON.parse(value));
  } catch (error) {
    // Forge itself shows such a value as it stands (infotext_utils.py `unquote`).
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}

/** As Forge splits them: from the first line that says so, all is the negative prompt; each line trimmed. */
function splitPrompts(lines: readonly string[]): { positive: string; negative: string } {
  const positive: string[] = [];
  const negative: string[] = [];
  let into = positive;
  for (const line of lines) {
    const [, rest] = /^Negative prompt:(.*)$/.exec(line.trim()) ?? [];
    if (rest !== undefined) into = negative;
    into.push((rest ?? line).trim());
  }
  return { positive: positive.join("\n").trim(), negative: negative.join("\n").trim() };
}

/**
 * Reads an infotext (forge-reference 1.15) into `generation_params` as a client would have written them.
 * A parameter that is not understood is an error that names it: dropped silently, it would give another picture.
 */
export function parseInfotext(text: string): Result<RawParams, ErrorDetail[]> {
  const lines = text.trim().split("\n");
  const pairs = [...(lines.at(-1) ?? "").matchAll(PARAMETER)];
  const hasParameters = pairs.length >= PARAMETERS_MIN;
  const { positive, negative } = splitPrompts(hasParameters ? lines.slice(0, -1) : lines);
  const params: RawParams = { positive_prompt: positive, negative_prompt: negative };
  const problems: ErrorDetail[] = [];
  for (const [, name = "", raw = ""] of hasParameters ? pairs : []) {
    const assign = ASSIGNMENTS.get(name.trim());
    if (assign) assign(unquote(raw), params);
    else if (!INFORMATIVE.has(name.trim())) {
      const message = `"${name.trim().slice(0, 60)}" cannot be queued from an infotext yet`;
      problems.push({ field: "generation_info_raw", message });
    }
  }
  return problems.length > 0 ? err(problems) : ok(params);
}
