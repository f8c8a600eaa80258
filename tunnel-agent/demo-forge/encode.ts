import { HttpDetail } from "./errors.ts";
import { addExifToJpeg, addExifToWebp, createExif } from "./exif.ts";
import type { Output } from "./finish-pictures.ts";
import type { OptionStore } from "./option-store.ts";
import { openPixels } from "./picture/render.ts";
import { encodePng } from "./png.ts";

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
