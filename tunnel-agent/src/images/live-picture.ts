import { LIMITS } from "@mobilesd/contract";
import sharp, { type Sharp } from "sharp";
import { openPixels, type Pixels } from "./pixels.ts";

/** A WebP small enough for the socket. */
export interface LivePicture {
  readonly webp: Buffer;
  readonly width: number;
  readonly height: number;
}

/** From sharp's own downwards, until the picture fits: noise takes ten times what a drawing does. */
const QUALITIES = [80, 50, 20];
/** Of 0 to 6: more takes three times as long for a few hundredths of the bytes of a picture that is soon replaced. */
const EFFORT = 1;

const base64Length = (bytes: number) => Math.ceil(bytes / 3) * 4;

async function shrink(picture: Sharp): Promise<LivePicture | null> {
  const side = LIMITS.livePreviewSidePixels;
  const small = picture.resize(side, side, { fit: "inside", withoutEnlargement: true });
  for (const quality of QUALITIES) {
    const { data, info } = await small
      .clone()
      .webp({ quality, effort: EFFORT })
      .toBuffer({ resolveWithObject: true });
    if (base64Length(data.length) <= LIMITS.livePreviewCharsMax) {
      return { webp: data, width: info.width, height: info.height };
    }
  }
  return null;
}

/** Makes decoded pixels small enough for the socket; null where they do not fit. */
export const shrinkPixels = (pixels: Pixels): Promise<LivePicture | null> =>
  shrink(openPixels(pixels));

/** Makes a picture small enough for the socket; null where it cannot be decoded or does not fit. */
export async function shrinkPicture(bytes: Uint8Array): Promise<LivePicture | null> {
  try {
    return await shrink(sharp(bytes));
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** The bytes of a data URI; null where it is none in base64. Pure. */
export function bytesOfDataUri(uri: string): Buffer | null {
  const [head = "", base64] = uri.split(",", 2);
  return base64 !== undefined && /^data:[^,]*;base64$/i.test(head)
    ? Buffer.from(base64, "base64")
    : null;
}
