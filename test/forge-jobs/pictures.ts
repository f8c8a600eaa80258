import { readPicture, readPixels } from "../forge-api/compare/picture.ts";

/** Levels of 255 by which two pictures differ. */
export interface Distance {
  readonly mean: number;
  readonly greatest: number;
}

/** How far two pictures are from each other; null where their sizes differ. */
export async function distanceOf(one: Buffer, two: Buffer): Promise<Distance | null> {
  const [first, second] = await Promise.all(
    [one, two].map((bytes) => readPixels(bytes.toString("base64"))),
  );
  if (!first || !second || first.data.length !== second.data.length) return null;
  if (first.info.width !== second.info.width) return null;
  let [sum, greatest] = [0, 0];
  for (const [at, level] of first.data.entries()) {
    const difference = Math.abs(level - (second.data[at] ?? 0));
    sum += difference;
    greatest = Math.max(greatest, difference);
  }
  return { mean: sum / first.data.length, greatest };
}

/** Whether not a single level of a single pixel differs. */
export const isSame = ({ greatest }: Distance) => greatest === 0;

/** `0.4 of 255 on the average, 9 at most`. */
export function showDistance({ mean, greatest }: Distance): string {
  return `${mean.toFixed(2)} of 255 on the average, ${greatest} at most`;
}

/** The farthest that any two of these pictures are from each other. */
export async function spreadOf(pictures: readonly Buffer[]): Promise<Distance> {
  let spread = { mean: 0, greatest: 0 };
  for (const [at, one] of pictures.entries()) {
    for (const other of pictures.slice(at + 1)) {
      const distance = await distanceOf(one, other);
      if (distance === null) throw new Error("Equal direct calls gave pictures of unequal sizes");
      spread = {
        mean: Math.max(spread.mean, distance.mean),
        greatest: Math.max(spread.greatest, distance.greatest),
      };
    }
  }
  return spread;
}

/** The text that Forge wrote into a picture; null without one. */
export async function textIn(bytes: Buffer): Promise<string | null> {
  return (await readPicture(bytes.toString("base64"))).text;
}
