import { DEMO_VERSION, getLoraHash, MODULES } from "./catalogue.ts";
import { type Checkpoint, findCheckpoint, getBaseName } from "./checkpoints.ts";
import { createOutOfMemoryError, PythonError } from "./errors.ts";
import type { Forge } from "./forge.ts";
import { findEmbeddings, findLoras, preparePrompt, removeLoraTags } from "./prompts.ts";
import type { Img2ImgRequest, Txt2ImgRequest } from "./request-fields.ts";
import { resolveSampler } from "./samplers.ts";

/** A validated request of either kind. */
export type GenerationRequest =
  | { kind: "txt2img"; body: Txt2ImgRequest }
  | { kind: "img2img"; body: Img2ImgRequest };

/** What a request became after all of Forge's silent choices. */
export interface Plan {
  prompt: string;
  negativePrompt: string;
  /** What the picture shows: no LoRA tags. */
  shownPrompt: string;
  /** Everything but prompt, seed, model and size that changes the picture. */
  details: string;
  styles: readonly string[];
  seeds: number[];
  subseeds: number[];
  subseedStrength: number;
  sampler: string;
  schedule: string;
  steps: number;
  cfgScale: number;
  distilledCfgScale: number | null;
  denoisingStrength: number | null;
  /** As asked for; the picture itself is cut down to a multiple of 8. */
  width: number;
  height: number;
  batchSize: number;
  batchCount: number;
  checkpoint: Checkpoint;
  modules: readonly string[];
  clipSkip: number;
  restoreFaces: boolean;
  /** Grows while the job runs; keys in the order of the infotext. */
  extra: Record<string, string | number | null>;
  version: string;
}

const SIDE_MAX = 8192;

/** All pictures of a job stay in memory, three bytes a pixel. */
const PIXELS_MAX = 2 ** 27;

/**
 * Decides what runs, with the options as the overrides left them. Throws PythonError for numbers
 * that make Forge fail, all after the job has begun.
 */
export function createPlan(forge: Forge, request: GenerationRequest, random: () => number): Plan {
  const { body } = request;
  const prompt = prepareText(body.prompt, body.styles, "prompt");
  const negativePrompt = prepareText(body.negative_prompt, body.styles, "negative_prompt");
  const width = checkSide(body.width);
  const height = checkSide(body.height);
  const choice = resolveSampler(body.sampler_name || body.sampler_index, body.scheduler);
  const count = checkCount(body.batch_size) * checkCount(body.n_iter);
  if (count * width * height > PIXELS_MAX) throw createOutOfMemoryError();
  const seed = chooseSeed(body.seed, random);
  const subseed = chooseSeed(body.subseed, random);
  const subseedStrength = body.subseed_strength ?? 0;
  const checkpoint = chooseCheckpoint(forge);
  const loras = findLoras(prompt);
  const modules = chooseModules(forge.options.get("forge_additional_modules"));
  const clipSkip = Number(forge.options.get("CLIP_stop_at_last_layers"));
  const step = (index: number) => (subseedStrength === 0 ? index : 0);
  const details = [negativePrompt, choice, body.steps, body.cfg_scale, loras, modules, clipSkip];
  return {
    prompt,
    negativePrompt,
    shownPrompt: removeLoraTags(prompt),
    details: JSON.stringify(details),
    styles: body.styles ?? [],
    seeds: Array.from({ length: count }, (_, index) => seed + step(index)),
    subseeds: Array.from({ length: count }, (_, index) => subseed + index),
    subseedStrength,
    sampler: choice.sampler,
    schedule: choice.schedule,
    steps: checkSteps(body.steps),
    cfgScale: body.cfg_scale ?? 7,
    distilledCfgScale: checkpoint.isDistilled ? (body.distilled_cfg_scale ?? 3.5) : null,
    denoisingStrength: body.denoising_strength,
    width,
    height,
    batchSize: checkCount(body.batch_size),
    batchCount: checkCount(body.n_iter),
    checkpoint,
    modules,
    clipSkip,
    restoreFaces: body.restore_faces ?? false,
    extra: createExtra(request, choice.schedule, prompt, negativePrompt),
    version: DEMO_VERSION,
  };
}

function createExtra(
  request: GenerationRequest,
  schedule: string,
  prompt: string,
  negativePrompt: string,
): Plan["extra"] {
  const extra: Plan["extra"] = {};
  if (schedule !== "Automatic") extra["Schedule type"] = schedule;
  if (request.kind === "img2img") extra["Denoising strength"] = request.body.denoising_strength;
  const loras = findLoras(prompt);
  if (loras.length > 0) {
    extra["Lora hashes"] = loras.map(({ name }) => `${name}: ${getLoraHash(name)}`).join(", ");
  }
  const embeddings = findEmbeddings(`${prompt} ${negativePrompt}`);
  if (embeddings.length > 0) extra.TI = embeddings.join(", ");
  return extra;
}

function prepareText(
  text: string | null,
  styles: readonly string[] | null,
  part: "prompt" | "negative_prompt",
): string {
  if (text === null) throw new PythonError("AssertionError", "");
  return preparePrompt(text, styles ?? [], part);
}

function chooseSeed(seed: number | null, random: () => number): number {
  if (seed === null || seed === -1) return Math.floor(random() * 2 ** 32);
  if (Math.abs(seed) < 2 ** 63) return seed;
  throw new PythonError("RuntimeError", "Overflow when unpacking long");
}

function chooseCheckpoint(forge: Forge): Checkpoint {
  const chosen = findCheckpoint(forge.checkpoints, forge.options.get("sd_model_checkpoint"));
  const checkpoint = chosen ?? forge.checkpoints[0];
  if (checkpoint === undefined) throw new PythonError("ValueError", "You do not have any model!");
  if (!forge.faults.take("wrongModel")) return checkpoint;
  const other = forge.checkpoints.find((known) => known !== checkpoint);
  forge.say(`fault wrongModel: runs another model than ${getBaseName(checkpoint)}`);
  return other ?? checkpoint;
}

// Unknown names are dropped without a word; a path counts by its last part.
function chooseModules(wanted: unknown): string[] {
  if (!Array.isArray(wanted)) return [];
  return wanted
    .map((name) => String(name).split(/[\\/]/).pop() ?? "")
    .filter((name) => MODULES.some((known) => known.model_name === name));
}

function checkCount(count: number | null): number {
  if (count !== null && count > 0) return count;
  throw new PythonError("IndexError", "list index out of range");
}

function checkSteps(steps: number | null): number {
  if (steps === null) throw createNullError();
  if (steps > 0) return steps;
  if (steps < 0) throw new PythonError("RuntimeError", "number of steps must be non-negative");
  throw new PythonError("ZeroDivisionError", "integer division or modulo by zero");
}

function checkSide(side: number | null): number {
  if (side === null) throw createNullError();
  if (side < 0) {
    const latent = Math.floor(side / 8);
    const message = `Trying to create tensor with negative dimension ${latent}: [4, 8, ${latent}]`;
    throw new PythonError("RuntimeError", message);
  }
  if (side < 8) {
    const message =
      "Calculated padded input size per channel: (10 x 2). Kernel size: (3 x 3). " +
      "Kernel size can't be greater than actual input size";
    throw new PythonError("RuntimeError", message);
  }
  if (side > SIDE_MAX) {
    const message =
      "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: " +
      `you tried to allocate ${side * side} bytes. Error code 12 (Cannot allocate memory)`;
    throw new PythonError("RuntimeError", message);
  }
  return side;
}

function createNullError(): PythonError {
  const message = "unsupported operand type(s) for //: 'NoneType' and 'int'";
  return new PythonError("TypeError", message);
}
