import { type ImageMime, LIMITS } from "@mobilesd/contract";
import sharp from "sharp";
import { type Pixels, takePixels } from "../../images/pixels.ts";
import { textOf } from "./picture-text.ts";

/** A picture of an answer, its header read. */
export interface OpenPicture {
  readonly bytes: Buffer;
  /** The format as sharp calls it. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** The infotext that it carries. */
  readonly text: string | null;
}

const MIMES: Record<string, ImageMime> = {
  png: "image/png",
  jpeg: "image/jpeg",
  webp: "image/webp",
};

/** What a picture is called on the wire; null where the queue cannot store its format. */
export function mimeOf({ format }: OpenPicture): ImageMime | null {
  return MIMES[format] ?? null;
}

/** A picture of hires fix is four times as wide and high as the largest that can be asked for. */
const decoder = (bytes: Buffer) =>
  sharp(bytes, { limitInputPixels: (LIMITS.sidePixelsMax * LIMITS.hiresScaleMax) ** 2 });

/** Reads the header of a picture; null where it is not one. */
export async function openPicture(bytes: Buffer): Promise<OpenPicture | null> {
  try {
    const metadata = await decoder(bytes).metadata();
    const { format, width, height } = metadata;
    return { bytes, format, width, height, text: textOf(bytes, metadata) };
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/**
 * Decodes a whole picture, once for all that is made of it: to at most `previewSidePixels` wide and high. Null
 * where it is damaged.
 */
export async function decodeSmall({ bytes }: OpenPicture): Promise<Pixels | null> {
  const side = LIMITS.previewSidePixels;
  const fit = { fit: "inside", withoutEnlargement: true } as const;
  try {
    return await takePixels(decoder(bytes).resize(side, side, fit));
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
