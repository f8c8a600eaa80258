import sharp from "sharp";
import type { Pixels } from "./pixels.ts";
import { readPixels } from "./render.ts";

/** Lays pictures side by side in rows on white, each in the middle of its cell (image_grid). */
export async function joinGrid(pictures: readonly Pixels[], rows: number): Promise<Pixels> {
  const columns = Math.ceil(pictures.length / rows);
  const width = Math.max(...pictures.map((picture) => picture.width));
  const height = Math.max(...pictures.map((picture) => picture.height));
  const white = { channels: 3, background: "#ffffff" } as const;
  const sheet = sharp({ create: { width: columns * width, height: rows * height, ...white } });
  const layers = pictures.slice(0, rows * columns).map((picture, index) => ({
    input: picture.data,
    raw: { width: picture.width, height: picture.height, channels: 3 } as const,
    left: (index % columns) * width + Math.floor((width - picture.width) / 2),
    top: Math.floor(index / columns) * height + Math.floor((height - picture.height) / 2),
  }));
  return readPixels(sheet.composite(layers));
}
