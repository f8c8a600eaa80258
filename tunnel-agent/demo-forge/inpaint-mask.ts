import sharp from "sharp";
import type { Extra } from "./infotext.ts";
import { expandRegion, findRegion, type Region } from "./mask-region.ts";
import type { Coverage } from "./picture/pixels.ts";
import type { Img2ImgRequest } from "./request-fields.ts";

/** A mask as inpainting uses it: inverted and blurred. */
export interface InpaintMask {
  coverage: Coverage;
  /** What is drawn at full size ("Only masked"); null draws the whole picture. */
  region: Region | null;
}

/** Names of `inpainting_fill`; 1 keeps the original and everything above 3 is taken for 1. */
const CONTENTS = ["fill", null, "latent noise", "latent nothing"];

/**
 * Prepares a mask and says what it adds to the infotext, in Forge's order. A blank one with "Only
 * masked" counts as none, without a word: then the whole picture is repainted.
 */
export async function prepareMask(
  sent: Coverage,
  body: Img2ImgRequest,
  drawn: { width: number; height: number },
): Promise<{ mask: InpaintMask | null; extra: Extra }> {
  const extra: Extra = {};
  const isInverted = (body.inpainting_mask_invert ?? 0) !== 0;
  if (isInverted) extra["Mask mode"] = "Inpaint not masked";
  const [blurX, blurY] = readBlur(body);
  if (blurX > 0 || blurY > 0) extra["Mask blur"] = blurX === blurY ? blurX : null;
  const coverage = await blurMask(isInverted ? invertMask(sent) : sent, (blurX + blurY) / 2);
  const isOnlyMasked = body.inpaint_full_res ?? true;
  if (!isOnlyMasked) return { mask: { coverage, region: null }, extra: describeFill(extra, body) };
  const padding = body.inpaint_full_res_padding ?? 0;
  const region = findRegion(coverage, padding);
  if (region === null) return { mask: null, extra };
  extra["Inpaint area"] = "Only masked";
  extra["Masked area padding"] = padding;
  const mask = { coverage, region: expandRegion(region, drawn, coverage) };
  return { mask, extra: describeFill(extra, body) };
}

/** A mask in another size. */
export async function resizeMask(mask: Coverage, width: number, height: number): Promise<Coverage> {
  if (mask.width === width && mask.height === height) return mask;
  const data = await openMask(mask)
    .resize(width, height, { fit: "fill" })
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  return { data, width, height };
}

/** Every value twice as large: a whole picture's mask covers its blurred edge fully. */
export function strengthenMask(mask: Coverage): Coverage {
  return { ...mask, data: Buffer.from(mask.data.map((value) => Math.min(255, value * 2))) };
}

function describeFill(extra: Extra, body: Img2ImgRequest): Extra {
  const content = CONTENTS[body.inpainting_fill ?? 0];
  return content ? { ...extra, "Masked content": content } : extra;
}

// One number for both sides wins over one for each.
function readBlur(body: Img2ImgRequest): [x: number, y: number] {
  const [x, y] = [body.mask_blur ?? body.mask_blur_x, body.mask_blur ?? body.mask_blur_y];
  return [Math.max(0, x ?? 0), Math.max(0, y ?? 0)];
}

async function blurMask(mask: Coverage, sigma: number): Promise<Coverage> {
  if (sigma < 0.3) return mask;
  const data = await openMask(mask).blur(sigma).toColourspace("b-w").raw().toBuffer();
  return { ...mask, data };
}

function openMask({ data, width, height }: Coverage) {
  return sharp(data, { raw: { width, height, channels: 1 } });
}

function invertMask(mask: Coverage): Coverage {
  return { ...mask, data: Buffer.from(mask.data.map((value) => 255 - value)) };
}
