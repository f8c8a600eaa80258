import sharp from "sharp";
import type { Coverage, Pixels } from "./picture/pixels.ts";
import { blendPixels, coverPixels, mixNoise } from "./picture/pixels.ts";
import { openPixels, readPixels } from "./picture/render.ts";
import type { Img2ImgRequest } from "./request-fields.ts";

/** Part of a picture in whole pixels. */
interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** How an init picture and a mask turn a drawn scene into the result. */
export interface Repaint {
  inits: Pixels[];
  /** White is repainted; null repaints everything. */
  mask: Coverage | null;
  /** Set when only the mask's surroundings are drawn, at full size ("Only masked"). */
  isOnlyMasked: boolean;
  strength: number;
  resizeMode: number;
  maskBlur: number;
  padding: number;
  fill: number;
}

/** Reads from the request what Forge would do; a blank mask with "Only masked" counts as none. */
export function createRepaint(
  request: Img2ImgRequest,
  inits: Pixels[],
  sentMask: Coverage | null,
): Repaint {
  const isInverted = (request.inpainting_mask_invert ?? 0) !== 0;
  const mask = sentMask && (isInverted ? invertMask(sentMask) : sentMask);
  const isOnlyMasked = request.inpaint_full_res ?? true;
  const isBlank = mask === null || !mask.data.some((value) => value > 0);
  return {
    inits,
    mask: isOnlyMasked && isBlank ? null : mask,
    isOnlyMasked: isOnlyMasked && !isBlank,
    strength: Math.min(Math.max(request.denoising_strength, 0), 1),
    resizeMode: request.resize_mode ?? 0,
    maskBlur: request.mask_blur ?? request.mask_blur_x ?? 4,
    padding: request.inpaint_full_res_padding ?? 0,
    fill: request.inpainting_fill ?? 0,
  };
}

/** The lines that inpainting adds to an infotext, in Forge's order. */
export function describeRepaint(
  repaint: Repaint,
  request: Img2ImgRequest,
): Record<string, string | number> {
  if (request.mask === null) return {};
  const lines: Record<string, string | number> = {};
  if ((request.inpainting_mask_invert ?? 0) !== 0) lines["Mask mode"] = "Inpaint not masked";
  if (repaint.maskBlur > 0) lines["Mask blur"] = repaint.maskBlur;
  if (repaint.isOnlyMasked) {
    lines["Inpaint area"] = "Only masked";
    lines["Masked area padding"] = repaint.padding;
  }
  const content = ["fill", null, "latent noise", "latent nothing"][repaint.fill];
  if (repaint.mask !== null && content) lines["Masked content"] = content;
  return lines;
}

/** Mixes the scene into init picture `index` by strength and mask. */
export async function repaintPicture(
  repaint: Repaint,
  scene: Pixels,
  index: number,
): Promise<Pixels> {
  const { inits, mask, strength } = repaint;
  const init = inits[index % inits.length];
  if (init === undefined) return scene;
  if (repaint.isOnlyMasked && mask) return repaintRegion(repaint, init, mask, scene);
  const under = await resizePicture(init, scene.width, scene.height, repaint.resizeMode);
  if (mask === null) return blendPixels(under, scene, strength);
  const coverage = await fitMask(mask, scene.width, scene.height, repaint.maskBlur);
  const content = await fillMasked(under, repaint.fill);
  return coverPixels(under, blendPixels(content, scene, strength), coverage);
}

// "Only masked": the result keeps the init picture's size, the scene goes into the mask's box.
async function repaintRegion(
  repaint: Repaint,
  init: Pixels,
  mask: Coverage,
  scene: Pixels,
): Promise<Pixels> {
  const fitted = await fitMask(mask, init.width, init.height, 0);
  const region = findRegion(fitted, repaint.padding);
  const patch = await readPixels(
    openPixels(scene).resize(region.width, region.height, { fit: "cover" }),
  );
  const over = await readPixels(
    openPixels(init).composite([
      {
        input: patch.data,
        raw: { width: patch.width, height: patch.height, channels: 3 },
        left: region.left,
        top: region.top,
      },
    ]),
  );
  const content = await fillMasked(init, repaint.fill);
  const coverage = await fitMask(mask, init.width, init.height, repaint.maskBlur);
  return coverPixels(init, blendPixels(content, over, repaint.strength), coverage);
}

function findRegion({ data, width, height }: Coverage, padding: number): Region {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const [index, value] of data.entries()) {
    if (value === 0) continue;
    const x = index % width;
    const y = Math.floor(index / width);
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  left = Math.max(0, left - padding);
  top = Math.max(0, top - padding);
  right = Math.min(width, right + padding);
  bottom = Math.min(height, bottom + padding);
  return { left, top, width: right - left, height: bottom - top };
}

async function fillMasked(under: Pixels, fill: number): Promise<Pixels> {
  if (fill === 2) return mixNoise(under, 0, 2);
  if (fill === 3) return { ...under, data: Buffer.alloc(under.data.length, 127) };
  if (fill !== 0) return under;
  return readPixels(openPixels(under).blur(Math.max(1, under.width / 16)));
}

// 0 and 3 stretch, 1 cuts, 2 (and everything above) pads with a blurred copy.
async function resizePicture(
  picture: Pixels,
  width: number,
  height: number,
  mode: number,
): Promise<Pixels> {
  if (picture.width === width && picture.height === height) return picture;
  if (mode === 0 || mode === 3) {
    return readPixels(openPixels(picture).resize(width, height, { fit: "fill" }));
  }
  const cut = openPixels(picture).resize(width, height, { fit: "cover" });
  if (mode === 1) return readPixels(cut);
  const inside = await readPixels(openPixels(picture).resize(width, height, { fit: "inside" }));
  const behind = await readPixels(cut.blur(Math.max(1, width / 20)));
  const size = { width: inside.width, height: inside.height, channels: 3 } as const;
  return readPixels(openPixels(behind).composite([{ input: inside.data, raw: size }]));
}

async function fitMask(
  mask: Coverage,
  width: number,
  height: number,
  blur: number,
): Promise<Coverage> {
  const raw = { width: mask.width, height: mask.height, channels: 1 } as const;
  const resized = sharp(mask.data, { raw }).resize(width, height, { fit: "fill" });
  const image = blur > 0 ? resized.blur(blur) : resized;
  const data = await image.toColourspace("b-w").raw().toBuffer();
  return { data, width, height };
}

function invertMask(mask: Coverage): Coverage {
  return { ...mask, data: Buffer.from(mask.data.map((value) => 255 - value)) };
}
