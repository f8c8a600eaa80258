import type { Asked } from "../../../src/job/after/asked.ts";
import { uploadRef } from "../request/lab-host.ts";
import {
  answerOf,
  askedOf,
  infotextOf,
  type Made,
  readBody,
  redCube,
  requestOf,
} from "./made-answers.ts";

export type Body = Record<string, unknown>;

/** A job, what was sent for it, and what the answer says in place of what it should. */
export interface Case {
  readonly params?: Body;
  readonly sent?: Body;
  /** Keys of the infotext, beside the usual ones. */
  readonly keys?: Body;
  readonly made?: Omit<Made, "texts">;
  readonly asked?: Partial<Asked>;
}

async function resultOf({ params: fields, sent, keys, made, asked }: Case) {
  const params = redCube(fields);
  const count = params.batch_size * params.n_iter;
  const texts = Array.from({ length: count }, (_, at) =>
    infotextOf(params, { Seed: params.seed + at, ...keys }),
  );
  const body = await answerOf(params, { texts, ...made });
  return readBody(body, askedOf(params, { request: requestOf(sent), ...asked }));
}

/** What an answer was found to lack; null where it is a result. */
export async function lossOf(one: Case) {
  const result = await resultOf(one);
  if (result.ok) return null;
  const { kind, reason, field, message } = result.failure;
  return { kind, reason, field, message };
}

/** What is said of a result. Throws where there is none. */
export async function warningsOf(one: Case) {
  const result = await resultOf(one);
  if (!result.ok) throw new Error(result.failure.message);
  return result.warnings;
}

export const HIRES: Case = {
  params: { hires: { scale: 2, upscaler: "Lanczos" } },
  sent: { enable_hr: true, hr_scale: 2, hr_upscaler: "Lanczos", hr_checkpoint_name: null },
  keys: { "Hires upscale": "2.0", "Hires upscaler": "Lanczos" },
};
export const BIGGER: Case = {
  params: { hires: { width: 128, height: 96 } },
  sent: { enable_hr: true, hr_resize_x: 128, hr_resize_y: 96, hr_upscaler: "Latent" },
  keys: { "Hires resize": "128x96", "Hires upscaler": "Latent" },
};
export const HIRES_MODEL: Case = {
  ...HIRES,
  sent: { ...HIRES.sent, hr_checkpoint_name: "Pony/pony.safetensors" },
  keys: { ...HIRES.keys, "Hires checkpoint": "pony [0123456789]" },
};
export const REFINER: Case = {
  params: { steps: 20, refiner: { checkpoint_name: "pony", switch_at: 0.8 } },
  sent: { refiner_checkpoint: "Pony/pony.safetensors" },
  keys: { Refiner: "pony [0123456789]", "Refiner switch at": "0.8" },
};
export const MODULES: Case = {
  sent: { override_settings: { forge_additional_modules: ["ae.safetensors", "clip.l.gguf"] } },
  made: { overrides: { forge_additional_modules: ["ae.safetensors", "clip.l.gguf"] } },
  keys: { "Module 1": "clip.l", "Module 2": "ae" },
};
export const HASHED = { info: { sd_model_hash: "e232e51d0c" } };
export const LORAS: Case = {
  params: { positive_prompt: "a <lora:one:1> b <lora:two, of us:0.5>" },
  keys: { "Lora hashes": "one: 5e56a7df5f41, two of us: 5e56a7df5f42" },
  made: HASHED,
};
export const LORA: Case = {
  params: { positive_prompt: "a <lora:one:1> b <lora:two:0.5>" },
  keys: { "Lora hashes": "one: 5e56a7df5f41, two: 5e56a7df5f42" },
  made: HASHED,
};
export const unit = (more: Body = {}) => ({ model: "canny", image: uploadRef(1), ...more });
export const controlNet = (...args: Body[]) => ({ alwayson_scripts: { ControlNet: { args } } });
export const CONTROL: Case = {
  params: controlNet(unit(), { enabled: false }, unit()),
  keys: { "ControlNet 0": "Module: canny", "ControlNet 1": "Module: canny" },
  made: { mapCount: 2 },
};
/** A hires fix with one unit of ControlNet. */
export const MAPS = {
  hires: (one: Body): Case => ({
    params: { ...HIRES.params, ...controlNet(one) },
    keys: { ...HIRES.keys, "ControlNet 0": "Module: canny" },
  }),
};
export const sent = (override_settings: Body) => ({ sent: { override_settings } });
