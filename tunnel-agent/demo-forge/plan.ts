import { DEMO_VERSION } from "./catalogue.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { createOutOfMemoryError, PythonError } from "./errors.ts";
import { createHiresPlan, describeHires, type HiresPlan } from "./hires-plan.ts";
import type { Extra } from "./infotext.ts";
import type { Model } from "./model-memory.ts";
import type { OptionStore } from "./option-store.ts";
import { preparePrompt } from "./prompts.ts";
import { asFloat } from "./python-json.ts";
import { createRefinerPlan, type RefinerPlan } from "./refiner.ts";
import type { Img2ImgRequest, Txt2ImgRequest } from "./request-fields.ts";
import { resolveSampler } from "./samplers.ts";
import { checkCount, checkSide, checkSteps, PIXELS_MAX, readClipSkip } from "./plan-checks.ts";

/** A validated request of either kind. */
export type GenerationRequest =
  | { kind: "txt2img"; body: Txt2ImgRequest }
  | { kind: "img2img"; body: Img2ImgRequest };

/** What a script puts in the place of a request's own: a text and a seed for each picture. */
export interface Variants {
  prompts: string[] | null;
  negativePrompts: string[] | null;
  seeds: number[];
  batchCount: number;
}

/** What a request became after all of Forge's silent choices. */
export interface Plan {
  /** One for each picture, run or not. */
  prompts: string[];
  negativePrompts: string[];
  styles: readonly string[];
  seeds: number[];
  subseeds: number[];
  subseedStrength: number;
  seedResize: { width: number; height: number };
  sampler: string;
  schedule: string;
  steps: number;
  eta: number | null;
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
  isTiling: boolean;
  tokenMerging: number;
  tokenMergingHires: number;
  hires: HiresPlan | null;
  refiner: RefinerPlan | null;
  /** Grows while the job runs; keys in the order of the infotext. */
  extra: Extra;
  version: string;
}

/** Everything a plan is made from. */
export interface PlanParts {
  request: GenerationRequest;
  variants: Variants | null;
  model: Model;
  options: OptionStore;
  checkpoints: Checkpoint[];
  random: () => number;
}

/**
 * Decides what runs, with the options as the overrides left them. Throws PythonError for what
 * makes Forge fail, all after the job has begun and its model was loaded.
 */
export function createPlan(parts: PlanParts): Plan {
  const { request, options, model, checkpoints } = parts;
  const { body } = request;
  if (body.prompt === null || body.negative_prompt === null) {
    throw new PythonError("AssertionError", "");
  }
  const refiner = createRefinerPlan(body.refiner_checkpoint, body.refiner_switch_at, checkpoints);
  const choice = resolveSampler(body.sampler_name || body.sampler_index, body.scheduler);
  const steps = checkSteps(body.steps);
  const { distilled_cfg_scale: distilled } = body;
  return {
    ...createPictures(parts, body.prompt, body.negative_prompt),
    ...choice,
    styles: body.styles ?? [],
    subseedStrength: body.subseed_strength ?? 0,
    seedResize: {
      width: body.seed_resize_from_w ?? -1,
      height: body.seed_resize_from_h ?? -1,
    },
    steps,
    eta: body.eta,
    cfgScale: body.cfg_scale ?? 7,
    distilledCfgScale: model.checkpoint.architecture === "flux" ? (distilled ?? 3.5) : null,
    denoisingStrength: body.denoising_strength,
    checkpoint: model.checkpoint,
    modules: model.modules,
    clipSkip: readClipSkip(options),
    restoreFaces: body.restore_faces ?? options.get("face_restoration") === true,
    isTiling: body.tiling ?? options.get("tiling") === true,
    tokenMerging: readTokenMerging(options, request.kind),
    tokenMergingHires:
      options.getNumber("token_merging_ratio_hr") || options.getNumber("token_merging_ratio"),
    hires: null,
    refiner,
    extra: {},
    version: DEMO_VERSION,
  };
}

/** Adds what `init` of the two kinds adds; the scripts have written their lines before. */
export function initialize(
  plan: Plan,
  request: GenerationRequest,
  checkpoints: Checkpoint[],
): void {
  if (request.kind === "img2img") {
    plan.extra["Denoising strength"] = asFloat(plan.denoisingStrength);
  } else if (request.body.enable_hr) {
    plan.hires = createHiresPlan(request.body, plan, checkpoints);
    Object.assign(plan.extra, describeHires(plan.hires, request.body, plan.sampler));
  }
}

type Pictures = Pick<
  Plan,
  | "prompts"
  | "negativePrompts"
  | "seeds"
  | "subseeds"
  | "width"
  | "height"
  | "batchSize"
  | "batchCount"
>;

function createPictures(parts: PlanParts, prompt: string, negativePrompt: string): Pictures {
  const { request, variants, random } = parts;
  const { body } = request;
  const batchSize = checkCount(body.batch_size);
  const batchCount = variants?.batchCount ?? checkCount(body.n_iter);
  const count = variants?.seeds.length ?? batchSize * batchCount;
  const { width, height } = readSize(request);
  if (count * width * height > PIXELS_MAX) throw createOutOfMemoryError();
  const styles = body.styles ?? [];
  const repeat = (text: string) => Array.from({ length: count }, () => text);
  const seed = chooseSeed(body.seed, random);
  const subseed = chooseSeed(body.subseed, random);
  const step = (body.subseed_strength ?? 0) === 0 ? 1 : 0;
  return {
    prompts: (variants?.prompts ?? repeat(prompt)).map((text) =>
      preparePrompt(text, styles, "prompt"),
    ),
    negativePrompts: (variants?.negativePrompts ?? repeat(negativePrompt)).map((text) =>
      preparePrompt(text, styles, "negative_prompt"),
    ),
    seeds: variants?.seeds ?? Array.from({ length: count }, (_, index) => seed + step * index),
    subseeds: Array.from({ length: count }, (_, index) => subseed + index),
    width,
    height,
    batchSize,
    batchCount,
  };
}

// The legacy size of a first pass takes the place of the size, hires fix or not.
function readSize({ kind, body }: GenerationRequest): { width: number; height: number } {
  const isLegacy = kind === "txt2img" && (body.firstphase_width || body.firstphase_height);
  const width = isLegacy ? body.firstphase_width : body.width;
  const height = isLegacy ? body.firstphase_height : body.height;
  return { width: checkSide(width), height: checkSide(height) };
}

/** The seed to begin with: drawn for null and -1. Throws RuntimeError for one beyond 63 bits. */
export function chooseSeed(seed: number | null, random: () => number): number {
  if (seed === null || seed === -1) return Math.floor(random() * 2 ** 32);
  if (Math.abs(seed) < 2 ** 63) return seed;
  throw new PythonError("RuntimeError", "Overflow when unpacking long");
}

function readTokenMerging(options: OptionStore, kind: GenerationRequest["kind"]): number {
  const common = options.getNumber("token_merging_ratio");
  return kind === "txt2img" ? common : options.getNumber("token_merging_ratio_img2img") || common;
}
