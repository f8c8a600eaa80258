import type { GenerationParams } from "./generation-params.ts";
import { uploadsInArgs } from "./scripts.ts";

/** An input picture, and the field of `generation_params` that names it. */
export interface NamedUpload {
  readonly field: string;
  readonly upload_id: string;
}

type Inputs = Pick<GenerationParams, "img2img" | "script" | "alwayson_scripts">;

function ofScript(field: string, script: { args: unknown[] } | undefined): NamedUpload[] {
  return uploadsInArgs(script?.args ?? []).map(({ upload_id }) => ({ field, upload_id }));
}

/** Every input picture that a job names, in order; one that is named twice stands there twice. */
export function uploadsOf({ img2img, script, alwayson_scripts = {} }: Inputs): NamedUpload[] {
  const init = img2img && { field: "img2img.init_image", ...img2img.init_image };
  const mask = img2img?.mask && { field: "img2img.mask", ...img2img.mask };
  const alwaysOn = Object.entries(alwayson_scripts).flatMap(([title, one]) =>
    ofScript(`alwayson_scripts.${title}`, one),
  );
  const plain = [init, mask].filter((one) => one !== undefined);
  return [...plain, ...ofScript("script", script), ...alwaysOn];
}
