import sharp from "sharp";
import { HttpDetail, PythonError } from "./errors.ts";
import type { Coverage, Pixels } from "./picture/pixels.ts";
import { readPixels } from "./picture/render.ts";

const KNOWN_FORMATS = new Set(["png", "jpeg", "webp", "gif", "heif", "tiff"]);

/**
 * Reads a picture as Forge takes it: base64 or a data URL; transparency becomes white. Throws
 * HttpDetail 500 for what is no picture and for URLs, PythonError for a data URL without comma.
 */
export async function decodePicture(text: unknown): Promise<Pixels> {
  const bytes = await decodeBytes(text);
  return refuseUnreadable(() => readPixels(sharp(bytes).flatten({ background: "#ffffff" })));
}

/**
 * Reads a mask; where it has transparency that decides, rounded to all or nothing if asked for,
 * otherwise the brightness.
 */
export async function decodeMask(text: string, isRounded: boolean): Promise<Coverage> {
  const bytes = await decodeBytes(text);
  return refuseUnreadable(async () => {
    const isOpaque = (await sharp(bytes).stats()).isOpaque;
    const channel = isOpaque
      ? sharp(bytes).toColourspace("b-w").extractChannel(0)
      : sharp(bytes).extractChannel("alpha");
    const { data, info } = await channel.raw().toBuffer({ resolveWithObject: true });
    const round = (value: number) => (value > 128 ? 255 : 0);
    const values = isRounded && !isOpaque ? Buffer.from(data.map(round)) : data;
    return { data: values, width: info.width, height: info.height };
  });
}

/** The bytes of a picture in base64 or a data URL, checked to be a picture. Throws as above. */
export async function decodeBytes(text: unknown): Promise<Buffer> {
  if (typeof text !== "string") throw new HttpDetail(500, "Invalid encoded image");
  if (/^https?:\/\//.test(text)) throw new HttpDetail(500, "Request to local resource not allowed");
  const base64 = text.startsWith("data:image/") ? text.split(",")[1] : text;
  if (base64 === undefined) throw new PythonError("IndexError", "list index out of range");
  const bytes = Buffer.from(base64, "base64");
  const { format } = await refuseUnreadable(() => sharp(bytes).metadata());
  if (!KNOWN_FORMATS.has(format)) throw new HttpDetail(500, "Invalid encoded image");
  return bytes;
}

async function refuseUnreadable<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch {
    throw new HttpDetail(500, "Invalid encoded image");
  }
}
