import { type ResolvedParams, resultSize } from "@mobilesd/contract";
import { encodePng } from "../../../demo-forge/png.ts";
import type { Asked } from "../../../src/job/after/asked.ts";
import { type Result, type ResultImage, readResult } from "../../../src/job/after/read-result.ts";
import type { Failure } from "../../../src/job/failure/failure.ts";
import { paramsOf } from "../request/lab-host.ts";

/** A black PNG in base64, with an infotext inside unless `text` is null. */
export async function pictureOf(text: string | null, width = 64, height = 64): Promise<string> {
  const data = Buffer.alloc(width * height * 3);
  return (await encodePng({ data, width, height }, text)).toString("base64");
}

/** The parameters of the recordings' base request. */
export function redCube(more: Record<string, unknown> = {}): ResolvedParams {
  return paramsOf({
    checkpoint_name: "plain_sd15",
    width: 64,
    height: 64,
    steps: 1,
    seed: 1,
    sampler_name: "Euler",
    scheduler: "Automatic",
    ...more,
  });
}

/** What was sent to Forge, by its body. */
export function requestOf(body: Readonly<Record<string, unknown>> = {}): Asked["request"] {
  const { override_settings = {} } = body;
  return { body, overrides: override_settings as Record<string, unknown> };
}

/** What an answer is held against, for a job of the recordings' Forge. */
export function askedOf(params: ResolvedParams, more: Partial<Asked> = {}): Asked {
  return {
    params,
    request: requestOf(),
    checkpoint: { basename: "plain_sd15", hash: null },
    inputSize: params.img2img ? { width: 64, height: 64 } : null,
    writesInfotext: true,
    embeddings: ["lab_embed"],
    ...more,
  };
}

/** An infotext as Forge writes it. `keys` follow the usual ones, or stand in their place. */
export function infotextOf(params: ResolvedParams, keys: Record<string, unknown> = {}): string {
  const { positive_prompt, negative_prompt, steps, sampler_name, scheduler, seed } = params;
  const usual = {
    Steps: steps,
    Sampler: sampler_name,
    "Schedule type": scheduler,
    "CFG scale": "7.0",
    Seed: seed,
    Size: `${params.width}x${params.height}`,
    Model: "plain_sd15",
  };
  const pairs = Object.entries({ ...usual, ...keys }).filter(([, value]) => value !== undefined);
  const line = pairs.map(([key, value]) => {
    const text = String(value);
    return `${key}: ${/[,:\n]/.test(text) ? JSON.stringify(text) : text}`;
  });
  const negative = negative_prompt === "" ? "" : `\nNegative prompt: ${negative_prompt}`;
  return `${positive_prompt}${negative}\n${line.join(", ")}`;
}

export interface Made {
  /** One for each result. */
  readonly texts: readonly string[];
  /** Pictures without a text, behind the results. */
  readonly mapCount?: number;
  readonly info?: Record<string, unknown>;
  readonly overrides?: Record<string, unknown>;
  readonly size?: { readonly width: number; readonly height: number };
}

/** Forge's answer to a job as it should be, but for what `made` says. */
export async function answerOf(params: ResolvedParams, made: Made): Promise<unknown> {
  const { width, height } = made.size ?? resultSize(params, { width: 64, height: 64 });
  const maps = Array.from({ length: made.mapCount ?? 0 }, () => null);
  const images = await Promise.all(
    [...made.texts, ...maps].map((text) => pictureOf(text, width, height)),
  );
  const info = {
    all_prompts: made.texts.map(() => params.positive_prompt),
    all_negative_prompts: made.texts.map(() => params.negative_prompt),
    all_seeds: made.texts.map((_, at) => params.seed + at),
    all_subseeds: made.texts.map((_, at) => params.subseed + at),
    sampler_name: params.sampler_name,
    steps: params.steps,
    cfg_scale: params.cfg_scale,
    clip_skip: params.clip_skip,
    sd_model_name: "plain_sd15",
    sd_model_hash: null,
    index_of_first_image: 0,
    infotexts: made.texts,
    ...made.info,
  };
  const parameters = { override_settings: made.overrides ?? {} };
  return { images, info: JSON.stringify(info), parameters };
}

/** An answer as it comes from Forge: no JSON where `body` is none. */
export const answerBytes = (body: unknown): Buffer => Buffer.from(JSON.stringify(body) ?? "");

/** What is found in an answer with this JSON. */
export const readBody = (body: unknown, asked: Asked): Promise<Result> =>
  readResult(answerBytes(body), asked);

/** The pictures of a result. Throws where there is none. */
export function imagesOf(result: Result): readonly ResultImage[] {
  if (!result.ok) throw new Error(result.failure.message);
  return result.images;
}

/** Why there is no result; null where there is one. */
export function failureOf(result: Result): Failure | null {
  return result.ok ? null : result.failure;
}
