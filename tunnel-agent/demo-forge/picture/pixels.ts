import { createRandom } from "./random.ts";

/** Uncompressed pixels, three bytes each, rows from the top. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** How much of `over` shows at each pixel, one byte each: 0 none, 255 all. */
export interface Coverage {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** A picture as it looks after a share (0 to 1) of its steps: the rest is coloured noise. */
export function mixNoise(picture: Pixels, share: number, seed: number): Pixels {
  if (share >= 1) return picture;
  const random = createRandom(`noise ${seed}`);
  // Late steps only sharpen: most of the picture stands after half of them.
  const clear = share ** 0.6;
  const data = Buffer.allocUnsafe(picture.data.length);
  for (let index = 0; index < data.length; index++) {
    data[index] = (picture.data[index] ?? 0) * clear + random() * 255 * (1 - clear);
  }
  return { ...picture, data };
}

/** Lays one picture over another of equal size; `strength` is 0 to 1. */
export function blendPixels(under: Pixels, over: Pixels, strength: number): Pixels {
  const data = Buffer.allocUnsafe(under.data.length);
  for (let index = 0; index < data.length; index++) {
    const below = under.data[index] ?? 0;
    data[index] = Math.round(below + ((over.data[index] ?? 0) - below) * strength);
  }
  return { ...under, data };
}

/** Lays one picture over another where the coverage says so; all three of equal size. */
export function coverPixels(under: Pixels, over: Pixels, coverage: Coverage): Pixels {
  const data = Buffer.allocUnsafe(under.data.length);
  for (let index = 0; index < data.length; index++) {
    const below = under.data[index] ?? 0;
    const share = (coverage.data[Math.floor(index / 3)] ?? 0) / 255;
    data[index] = Math.round(below + ((over.data[index] ?? 0) - below) * share);
  }
  return { ...under, data };
}

/** A coverage as a picture: white where all of it shows. */
export function pixelsOfCoverage({ data, width, height }: Coverage): Pixels {
  const grey = Buffer.allocUnsafe(data.length * 3);
  for (const [index, value] of data.entries()) grey.fill(value, index * 3, index * 3 + 3);
  return { data: grey, width, height };
}
