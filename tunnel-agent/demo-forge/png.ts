import { crc32 } from "node:zlib";
import sharp from "sharp";
import type { Pixels } from "./picture/pixels.ts";
import { openPixels } from "./picture/render.ts";

const SIGNATURE_BYTES = 8;
const HEADER_CHUNK_BYTES = 25;

/**
 * Encodes pixels, with an alpha channel if there is one (a byte for each pixel), and puts the text
 * into a `parameters` chunk as Pillow does.
 */
export async function encodePng(
  pixels: Pixels,
  parameters: string | null,
  alpha: Buffer | null = null,
): Promise<Buffer> {
  const { width, height } = pixels;
  const opaque = openPixels(pixels);
  const raw = { width, height, channels: 1 } as const;
  const image = alpha === null ? opaque : opaque.joinChannel(alpha, { raw });
  const png = await image.png({ compressionLevel: 6 }).toBuffer();
  return parameters === null ? png : insertTextChunk(png, parameters);
}

// sharp writes no text of its own making and the kept PNG libraries write tEXt only, so the
// chunk's four fields are laid out here, right behind the header chunk where Pillow has it.
function insertTextChunk(png: Buffer, text: string): Buffer {
  const isLatin1 = !/[\u0100-\uffff]/.test(text);
  const type = isLatin1 ? "tEXt" : "iTXt";
  const body = isLatin1
    ? Buffer.from(`parameters\0${text}`, "latin1")
    : Buffer.from(`parameters\0\0\0\0\0${text}`, "utf8");
  const typed = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  const place = SIGNATURE_BYTES + HEADER_CHUNK_BYTES;
  return Buffer.concat([png.subarray(0, place), length, typed, check, png.subarray(place)]);
}

/** The text of a picture's `parameters` chunk, "" when it has none. Throws for what is no picture. */
export async function readParameters(image: Buffer): Promise<string> {
  const { comments } = await sharp(image).metadata();
  return comments?.find((comment) => comment.keyword === "parameters")?.text ?? "";
}
