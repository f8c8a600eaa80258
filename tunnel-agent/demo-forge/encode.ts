import { HttpDetail } from "./errors.ts";
import { addExifToJpeg, addExifToWebp, createExif } from "./exif.ts";
import type { Output } from "./finish-pictures.ts";
import type { Forge } from "./forge.ts";
import type { OptionStore } from "./option-store.ts";
import { openPixels } from "./picture/render.ts";
import { encodePng } from "./png.ts";

/**
 * A real Forge took 2.8 s for the four pictures of 2048 x 2048 of an answer of 37 MB, as PNG and base64
 * (forge-reference.md §8.2).
 */
const PNG_MS_PER_MEGAPIXEL = 167;

/** Encodes one picture of an answer, a PNG in no less than the time that a real Forge takes for it. */
export async function encodeInTime(output: Output, { clock, options }: Forge): Promise<Buffer> {
  const { width, height } = output.pixels;
  const isPng = String(options.get("samples_format")).toLowerCase() === "png";
  const encodeMs = isPng ? (PNG_MS_PER_MEGAPIXEL * width * height) / 1e6 : 0;
  const [bytes] = await Promise.all([encodePicture(output, options), clock.sleep(encodeMs)]);
  return bytes;
}

/**
 * Encodes one picture as the options say at this moment, with its infotext inside. Throws
 * HttpDetail 500 for a format that the API cannot write.
 */
export async function encodePicture(output: Output, options: OptionStore): Promise<Buffer> {
  const { pixels } = output;
  const format = String(options.get("samples_format")).toLowerCase();
  const text = options.get("enable_pnginfo") === false ? null : output.text;
  if (format === "png") return encodePng(pixels, text, output.alpha);
  const quality = options.getNumber("jpeg_quality");
  // A picture without a text has an empty comment all the same.
  const exif = createExif(text ?? "");
  if (format === "jpg" || format === "jpeg") {
    return addExifToJpeg(await openPixels(pixels).jpeg({ quality }).toBuffer(), exif);
  }
  if (format === "webp") {
    const lossless = options.get("webp_lossless") === true;
    const webp = await openPixels(pixels).webp({ quality, lossless }).toBuffer();
    return addExifToWebp(webp, exif, pixels.width, pixels.height);
  }
  throw new HttpDetail(500, "Invalid image format");
}
