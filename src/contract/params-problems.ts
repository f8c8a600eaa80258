import type { ErrorDetail } from "./errors.ts";
import type { GenerationParams } from "./generation-params.ts";
import { uploadsOf } from "./job-uploads.ts";
import { LIMITS } from "./limits.ts";
import { hiresSize } from "./picture-size.ts";
import { findNegativeTagProblem, findTagProblem, lorasOf } from "./prompt-tags.ts";
import {
  CONTROLNET_TITLE,
  type ControlNetUnit,
  controlNetUnits,
  mayRewritePrompts,
  NEVER_QUEUED_SCRIPTS,
  PAGE_ONLY_SCRIPTS,
} from "./scripts.ts";

type Problems = Generator<ErrorDetail>;

/** Preprocessors that work without a model (Forge: `do_not_need_model`). */
const WITHOUT_MODEL = /^reference_|\(Revision\b/;

const NOTHING = "None";

function* promptProblems(field: string, prompt: string, params: GenerationParams): Problems {
  const message = findTagProblem(prompt, mayRewritePrompts(params.alwayson_scripts));
  if (message !== null) yield { field, message };
  const limit = LIMITS.lorasMax;
  if (lorasOf(prompt).length > limit) yield { field, message: "calls too many LoRAs", limit };
}

function* negativePromptProblems(field: string, prompt: string): Problems {
  const message = findNegativeTagProblem(prompt);
  if (message !== null) yield { field, message };
}

/** What Forge's page calls the first pass's value; its API fails over the words when half is done. */
const SAME = /^use same /i;

function* hiresProblems(params: GenerationParams): Problems {
  const { hires } = params;
  if (!hires) return;
  if (params.img2img) {
    yield {
      field: "hires",
      message: "hires fix belongs to txt2img; img2img has a size of its own",
    };
  }
  yield* promptProblems("hires.prompt", hires.prompt ?? "", params);
  yield* negativePromptProblems("hires.negative_prompt", hires.negative_prompt ?? "");
  for (const name of ["checkpoint_name", "sampler_name", "scheduler"] as const) {
    if (!SAME.test(hires[name] ?? "")) continue;
    const message = `leave "${hires[name]}" out: without a value the first pass's holds`;
    yield { field: `hires.${name}`, message };
  }
  const { width, height } = hiresSize(params, hires);
  const message = `makes a picture of ${width}x${height}`;
  const { sidePixelsMin, sidePixelsMax } = LIMITS;
  if (Math.max(width, height) > sidePixelsMax) {
    yield { field: "hires", message, limit: sidePixelsMax };
  } else if (Math.min(width, height) < sidePixelsMin) {
    yield { field: "hires", message, limit: sidePixelsMin };
  }
}

function* unitProblems(unit: ControlNetUnit, path: string, hasInput: boolean): Problems {
  if (!unit.enabled) return;
  if (unit.model === NOTHING && !WITHOUT_MODEL.test(unit.module)) {
    const message =
      unit.module === NOTHING
        ? "the unit is enabled but has neither a model nor a preprocessor"
        : `the preprocessor ${unit.module} needs a ControlNet model`;
    yield { field: `${path}.model`, message };
  }
  if (!unit.image && !hasInput)
    yield { field: `${path}.image`, message: "the unit has no picture" };
  if (unit.guidance_start > unit.guidance_end) {
    yield { field: `${path}.guidance_start`, message: "lies behind guidance_end" };
  }
}

function* scriptProblems({ script, alwayson_scripts = {}, img2img }: GenerationParams): Problems {
  const message = script && NEVER_QUEUED_SCRIPTS.get(script.name.toLowerCase());
  if (message !== undefined) yield { field: "script.name", message };
  for (const title of Object.keys(alwayson_scripts)) {
    const field = `alwayson_scripts.${title}`;
    if (PAGE_ONLY_SCRIPTS.includes(title.toLowerCase())) {
      yield { field, message: "does nothing in a job; use the fields of generation_params" };
    }
    if (title.toLowerCase() !== CONTROLNET_TITLE) continue;
    for (const [at, unit] of controlNetUnits(alwayson_scripts).entries()) {
      yield* unitProblems(unit, `${field}.args.${at}`, img2img !== undefined);
    }
  }
}

function* amountProblems(params: GenerationParams): Problems {
  if (JSON.stringify(params).length > LIMITS.paramsCharsMax) {
    const largest = Object.entries(params)
      .map(([field, value]) => ({ field, length: JSON.stringify(value)?.length ?? 0 }))
      .reduce((a, b) => (b.length > a.length ? b : a));
    const limit = LIMITS.paramsCharsMax;
    const message = "the job's parameters are too long together, this one most of all";
    yield { field: largest.field, message, limit };
  }
  const uploads = uploadsOf(params);
  const last = uploads.at(-1);
  if (last && uploads.length > LIMITS.uploadsPerJobMax) {
    const limit = LIMITS.uploadsPerJobMax;
    yield { field: last.field, message: "the job names too many pictures", limit };
  }
  if (!params.script && params.batch_size * params.n_iter > LIMITS.imagesPerJobMax) {
    const message = "batch_size times n_iter is more pictures than a job may have";
    yield { field: "n_iter", message, limit: LIMITS.imagesPerJobMax };
  }
}

function* allProblems(params: GenerationParams): Problems {
  yield* promptProblems("positive_prompt", params.positive_prompt, params);
  yield* negativePromptProblems("negative_prompt", params.negative_prompt);
  yield* hiresProblems(params);
  if (params.refiner?.switch_at === 1) {
    yield { field: "refiner.switch_at", message: "1 means never; leave the refiner out" };
  }
  yield* scriptProblems(params);
  yield* amountProblems(params);
}

/**
 * What is wrong with parameters that are each right by themselves: Forge would drop a part of them in
 * silence. Fields are relative to `generation_params`. Empty: nothing. Pure.
 */
export function findProblems(params: GenerationParams): ErrorDetail[] {
  return [...allProblems(params)];
}
