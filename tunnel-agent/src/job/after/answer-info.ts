import json5 from "json5";
import * as z from "zod";
import { takePictures } from "./take-pictures.ts";

/** Python may write any number, NaN and Infinity among them. */
const anyNumber = () => z.custom<number>((value) => typeof value === "number");

const Info = z.object({
  all_prompts: z.array(z.string()).default([]),
  all_negative_prompts: z.array(z.string()).default([]),
  all_seeds: z.array(anyNumber()),
  all_subseeds: z.array(anyNumber()).default([]),
  sampler_name: z.string(),
  steps: anyNumber(),
  cfg_scale: anyNumber(),
  clip_skip: anyNumber(),
  sd_model_name: z.string(),
  sd_model_hash: z.string().nullish(),
  /** How many pictures of other kinds, grids, stand before the results. */
  index_of_first_image: z.int().min(0),
  infotexts: z.array(z.string()),
});
/** What Forge says of a generation beside its pictures (forge-reference 1.11). */
export type Info = z.infer<typeof Info>;

const Body = z.object({
  images: z.array(z.string()),
  info: z.string(),
  parameters: z.object({ override_settings: z.record(z.string(), z.unknown()).nullish() }),
});

/** Forge's answer to a generation. */
export interface Answer {
  /** Results among grids, masks and control maps, decoded. */
  readonly images: readonly Buffer[];
  readonly info: Info;
  /** The overrides as Forge took them: what it dropped is gone. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** Reads Python's JSON, in which a number may be a bare NaN or Infinity. Undefined where it is none. */
function parsePythonJson(text: string): unknown {
  for (const parse of [JSON.parse, json5.parse]) {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

/** Takes Forge's answer apart; null where it is not one of a generation. */
export function readAnswer(answer: Uint8Array): Answer | null {
  const { json, pictures } = takePictures(answer);
  const parsed = Body.safeParse(json);
  if (!parsed.success) return null;
  const info = Info.safeParse(parsePythonJson(parsed.data.info));
  if (!info.success) return null;
  const { images, parameters } = parsed.data;
  return {
    images: pictures ?? images.map((base64) => Buffer.from(base64, "base64")),
    info: info.data,
    overrides: parameters.override_settings ?? {},
  };
}
