import { LIMITS, type Size } from "@mobilesd/contract";
import sharp, { type Metadata } from "sharp";
import { Picture } from "../../picture.ts";

/** A picture with its pixels at hand. */
export interface Decoded {
  /** The picture as Forge can be trusted to read it. */
  readonly plain: Picture;
  /** As it is seen, its orientation applied. */
  readonly size: Size;
  /** Rows of pixels without gaps, 8 bits a channel: grey, RGB, or RGB and alpha. */
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

/**
 * The same picture as Forge means to read it. Grey with transparency loses that as an input picture, as it does
 * there (`flatten`). For ControlNet it stays, to be laid on white (`HWC3`); in a mask too, whose transparency
 * Forge takes when it comes with colours, and passes by in grey (`create_binary_mask`).
 */
async function asPlain(bytes: Uint8Array, metadata: Metadata, keepsAlpha: boolean) {
  const { channels, space } = metadata;
  const isGrey = space !== "cmyk" && (channels === 1 || (channels === 2 && !keepsAlpha));
  const image = sharp(bytes, OPTIONS).autoOrient();
  const plain = isGrey ? image.removeAlpha().toColourspace("b-w") : image.toColourspace("srgb");
  return new Picture(await plain.png().toBuffer());
}

async function pixelsOf({ bytes }: Picture) {
  const { channels } = await sharp(bytes, OPTIONS).metadata();
  const { data, info } = await sharp(bytes, OPTIONS)
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: data, channels: info.channels };
}

/** Decodes a whole picture, grey ones with their transparency or without. Null where any of it cannot be read. */
export async function decodePicture(
  picture: Picture,
  keepsAlpha: boolean,
): Promise<Decoded | null> {
  const { bytes } = picture;
  try {
    const metadata = await sharp(bytes, OPTIONS).metadata();
    const plain = isOdd(metadata) ? await asPlain(bytes, metadata, keepsAlpha) : picture;
    const { width, height } = metadata.autoOrient;
    return { plain, size: { width, height }, ...(await pixelsOf(plain)) };
  } catch (error) {
    // Whatever sharp says against a picture, it says by a plain Error.
    if (error instanceof Error) return null;
    throw error;
  }
}
