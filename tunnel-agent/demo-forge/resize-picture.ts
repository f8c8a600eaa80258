import type { Pixels } from "./picture/pixels.ts";
import { openPixels, readPixels } from "./picture/render.ts";

/**
 * Brings a picture to a size as Forge's resize modes do: 0 and 3 stretch, the latter softer as it
 * stretches latents, 1 cuts, 2 and everything above it pads with the picture's own edges.
 */
export async function resizePicture(
  picture: Pixels,
  width: number,
  height: number,
  mode: number,
): Promise<Pixels> {
  if (picture.width === width && picture.height === height) return picture;
  if (mode === 0 || mode === 3) {
    const kernel = mode === 3 ? "linear" : "lanczos3";
    return readPixels(openPixels(picture).resize(width, height, { fit: "fill", kernel }));
  }
  const cut = openPixels(picture).resize(width, height, { fit: "cover" });
  if (mode === 1) return readPixels(cut);
  const inside = await readPixels(openPixels(picture).resize(width, height, { fit: "inside" }));
  const behind = await readPixels(cut.blur(Math.max(1, width / 20)));
  const size = { width: inside.width, height: inside.height, channels: 3 } as const;
  return readPixels(openPixels(behind).composite([{ input: inside.data, raw: size }]));
}
