import { type InpaintMask, resizeMask, strengthenMask } from "./inpaint-mask.ts";
import { clampRegion, type Region } from "./mask-region.ts";
import type { Coverage, Pixels } from "./picture/pixels.ts";
import { blendPixels, coverPixels, mixNoise } from "./picture/pixels.ts";
import { openPixels, readPixels } from "./picture/render.ts";
import { resizePicture } from "./resize-picture.ts";

/** How an init picture and a mask turn a drawn scene into the result. */
export interface Repaint {
  inits: Pixels[];
  /** White is repainted; null repaints everything. */
  mask: InpaintMask | null;
  strength: number;
  resizeMode: number;
  fill: number;
  /** Of the noise that the init picture gets; 1 is Forge's own. */
  noiseMultiplier: number;
}

/** One picture of img2img. */
export interface Repainted {
  picture: Pixels;
  /** Only with a mask: what `return_mask` and `return_mask_composite` show. */
  masked: { coverage: Coverage; unmasked: Pixels } | null;
}

/** Mixes the scene into init picture `index` by strength and mask. */
export async function repaintPicture(
  { inits, mask, strength, resizeMode, fill }: Repaint,
  scene: Pixels,
  index: number,
): Promise<Repainted> {
  const init = inits[index % inits.length];
  if (init === undefined) return { picture: scene, masked: null };
  if (mask?.region) {
    return repaintRegion(
      { init, coverage: mask.coverage, region: mask.region, strength, fill },
      scene,
    );
  }
  const under = await resizePicture(init, scene.width, scene.height, resizeMode);
  if (mask === null) return { picture: blendPixels(under, scene, strength), masked: null };
  const coverage = strengthenMask(await resizeMask(mask.coverage, scene.width, scene.height));
  const content = await fillMasked(under, fill);
  const unmasked = blendPixels(content, scene, strength);
  // A latent upscale leaves the init picture as it is, and lays it over the result unscaled.
  const kept = resizeMode === 3 ? await cutCorner(init, scene.width, scene.height) : under;
  return { picture: coverPixels(kept, unmasked, coverage), masked: { coverage, unmasked } };
}

// "Only masked": the result keeps the init picture's size, the scene goes into the mask's box.
async function repaintRegion(
  parts: { init: Pixels; coverage: Coverage; region: Region; strength: number; fill: number },
  scene: Pixels,
): Promise<Repainted> {
  const { init, strength, fill } = parts;
  const region = clampRegion(parts.region, init);
  const patch = await resizePicture(scene, region.width, region.height, 1);
  const content = await fillMasked(await cut(init, region), fill);
  const drawn = blendPixels(content, patch, strength);
  const { data: input, width, height } = drawn;
  const raw = { width, height, channels: 3 } as const;
  const { left, top } = region;
  const unmasked = await readPixels(openPixels(init).composite([{ input, raw, left, top }]));
  const coverage = await resizeMask(parts.coverage, init.width, init.height);
  return { picture: coverPixels(init, unmasked, coverage), masked: { coverage, unmasked } };
}

function cut(picture: Pixels, region: Region): Promise<Pixels> {
  return readPixels(openPixels(picture).extract(region));
}

async function cutCorner(picture: Pixels, width: number, height: number): Promise<Pixels> {
  const [wide, high] = [Math.min(width, picture.width), Math.min(height, picture.height)];
  const corner = await cut(picture, { left: 0, top: 0, width: wide, height: high });
  const edge = { right: width - wide, bottom: height - high };
  return readPixels(openPixels(corner).extend({ ...edge, extendWith: "copy" }));
}

async function fillMasked(under: Pixels, fill: number): Promise<Pixels> {
  if (fill === 2) return mixNoise(under, 0, 2);
  if (fill === 3) return { ...under, data: Buffer.alloc(under.data.length, 127) };
  if (fill !== 0) return under;
  return readPixels(openPixels(under).blur(Math.max(1, under.width / 16)));
}
