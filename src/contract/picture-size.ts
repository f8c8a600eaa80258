import type { Hires, ResolvedParams } from "./generation-params.ts";
import { LIMITS } from "./limits.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Latents are an eighth of the picture, so Forge cuts every side down to a multiple of it. */
const cut = (pixels: number) => pixels - (pixels % LIMITS.sidePixelsMultiple);

/** The sides that a hires fix asks for, before anything is cut (processing.py `calculate_target_resolution`). */
export function hiresSizeAsked({ width: w, height: h }: Size, hires: Hires): Size {
  const { scale = 2, width, height } = hires;
  if (width === undefined && height === undefined) {
    return { width: Math.trunc(w * scale), height: Math.trunc(h * scale) };
  }
  if (width === undefined) {
    return { width: Math.floor(((height ?? 0) * w) / h), height: height ?? 0 };
  }
  if (height === undefined) return { width, height: Math.floor((width * h) / w) };
  return { width, height };
}

/** The size of a hires fix's second pass, and whether Forge cut a side down to reach it. */
export function hiresSize(first: Size, hires: Hires): Size & { readonly isCut: boolean } {
  const asked = hiresSizeAsked(first, hires);
  const width = cut(asked.width);
  const height = cut(asked.height);
  return { width, height, isCut: width !== asked.width || height !== asked.height };
}

/**
 * The size that every result of a job must have. Repainting only the masked part gives the input picture's
 * own size (forge-reference 4.8), `inputSize`.
 */
export function resultSize(
  params: Pick<ResolvedParams, "width" | "height" | "hires" | "img2img">,
  inputSize: Size | null,
): Size {
  const { img2img, hires } = params;
  if (img2img?.mask && img2img.inpaint_full_res && inputSize) return inputSize;
  return hires ? hiresSize(params, hires) : { width: params.width, height: params.height };
}
