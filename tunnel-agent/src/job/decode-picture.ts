import { LIMITS, type Size } from "@mobilesd/contract";
import sharp, { type Metadata } from "sharp";
import { Picture } from "./picture.ts";

/** A picture with its pixels at hand. */
export interface Decoded {
  /** The picture as Forge can be trusted to read it. */
  readonly plain: Picture;
  /** As it is seen, its orientation applied. */
  readonly size: Size;
  /** Rows of pixels without gaps, 8 bits a channel: grey, grey and alpha, RGB, or RGB and alpha. */
  readonly pixels: Uint8Array;
  readonly channels: number;
}

/** Colour profiles stay out of it: Forge looks at none (its Pillow converts without). */
const OPTIONS = {
  failOn: "error",
  ignoreIcc: true,
  limitInputPixels: LIMITS.uploadPixelsMax,
} as const;

/**
 * Whether a picture is stored in a way that Forge takes for something else: ControlNet reads the numbers of a
 * palette as brightness and bits as black, and fails at grey with transparency; deep grey turns white.
 */
function isOdd({ isPalette, channels, depth, space, bitsPerSample }: Metadata): boolean {
  return Boolean(
    isPalette || channels === 2 || depth !== "uchar" || bitsPerSample === 1 || space === "cmyk",
  );
}

async function asPlain(bytes: Uint8Array, { channels, space }: Metadata): Promise<Picture> {
  const isGrey = channels === 1 && space !== "cmyk";
  const image = sharp(bytes, OPTIONS).autoOrient();
  return new Picture(
    await image
      .toColourspace(isGrey ? "b-w" : "srgb")
      .png()
      .toBuffer(),
  );
}

/** Decodes a whole picture. Null where it cannot be read, or only in part. */
export async function decodePicture({ bytes }: Picture): Promise<Decoded | null> {
  try {
    const metadata = await sharp(bytes, OPTIONS).metadata();
    const plain = isOdd(metadata) ? await asPlain(bytes, metadata) : new Picture(bytes);
    const isGrey = metadata.channels <= 2 && metadata.space !== "cmyk";
    const { data, info } = await sharp(plain.bytes, OPTIONS)
      .toColourspace(isGrey ? "b-w" : "srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = metadata.autoOrient;
    return { plain, size: { width, height }, pixels: data, channels: info.channels };
  } catch (error) {
    // Whatever sharp says against a picture, it says by a plain Error.
    if (error instanceof Error) return null;
    throw error;
  }
}
