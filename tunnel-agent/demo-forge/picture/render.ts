import sharp, { type Sharp } from "sharp";
import type { Pixels } from "./pixels.ts";
import { drawScene, type Subject } from "./scene.ts";

/** Draws a subject as pixels. */
export async function renderScene(subject: Subject): Promise<Pixels> {
  return readPixels(sharp(Buffer.from(drawScene(subject))));
}

/** The pixels of a sharp pipeline, without transparency. */
export async function readPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Opens pixels for sharp. */
export function openPixels({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}
