import type { ErrorDetail } from "./errors.ts";
import type { GenerationParams } from "./generation-params.ts";
import { uploadsOf } from "./job-uploads.ts";
import { LIMITS } from "./limits.ts";
import { hiresSize } from "./picture-size.ts";
import { CONTROLNET_TITLE, type ControlNetUnit, controlNetUnits } from "./scripts.ts";

/** Preprocessors that work without a model (Forge: `do_not_need_model`). */
const WITHOUT_MODEL = /^reference_|\(Revision\b/;

const NOTHING = "None";

function* unitProblems(unit: ControlNetUnit, path: string, hasInput: boolean) {
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

function* hiresProblems(params: GenerationParams) {
  const { hires } = params;
  if (!hires) return;
  if (params.img2img) {
    yield {
      field: "hires",
      message: "hires fix belongs to txt2img; img2img has a size of its own",
    };
  }
  const { width, height } = hiresSize(params, hires);
  const limit = LIMITS.sidePixelsMax;
  if (Math.max(width, height) > limit) {
    yield { field: "hires", message: `makes a picture of ${width}x${height}`, limit };
  }
}

/**
 * What is wrong with parameters that are each right by themselves: Forge would drop a part of them in
 * silence. Fields are relative to `generation_params`. Empty: nothing. Pure.
 */
export function findProblems(params: GenerationParams): ErrorDetail[] {
  const problems: ErrorDetail[] = [...hiresProblems(params)];
  const title = Object.keys(params.alwayson_scripts ?? {}).find(
    (one) => one.toLowerCase() === CONTROLNET_TITLE,
  );
  for (const [at, unit] of controlNetUnits(params.alwayson_scripts).entries()) {
    const path = `alwayson_scripts.${title}.args.${at}`;
    problems.push(...unitProblems(unit, path, params.img2img !== undefined));
  }
  const limit = LIMITS.uploadsPerJobMax;
  const uploads = uploadsOf(params);
  const last = uploads.at(-1);
  if (last && uploads.length > limit) {
    problems.push({ field: last.field, message: "the job names too many pictures", limit });
  }
  if (!params.script && params.batch_size * params.n_iter > LIMITS.imagesPerJobMax) {
    const message = "batch_size times n_iter is more pictures than a job may have";
    problems.push({ field: "n_iter", message, limit: LIMITS.imagesPerJobMax });
  }
  return problems;
}
