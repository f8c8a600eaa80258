import { HttpDetail } from "./errors.ts";
import { addExifToJpeg, addExifToWebp, createExif } from "./exif.ts";
import type { OptionStore } from "./option-store.ts";
import type { Pixels } from "./picture/pixels.ts";
import { openPixels } from "./picture/render.ts";
import { encodePng } from "./png.ts";

/**
 * Encodes one picture as the options say at this moment, with its infotext inside. Throws
 * HttpDetail 500 for a format that the API cannot write.
 */
export async function encodePicture(
  picture: Pixels,
  infotext: string | null,
  options: OptionStore,
): Promise<Buffer> {
  const format = String(options.get("samples_format")).toLowerCase();
  const text = options.get("enable_pnginfo") === false ? null : infotext;
  if (format === "png") return encodePng(picture, text);
  const quality = Number(options.get("jpeg_quality"));
  const exif = text === null ? null : createExif(text);
  if (format === "jpg" || format === "jpeg") {
    const jpeg = await openPixels(picture).jpeg({ quality }).toBuffer();
    return exif ? addExifToJpeg(jpeg, exif) : jpeg;
  }
  if (format === "webp") {
    const lossless = options.get("webp_lossless") === true;
    const webp = await openPixels(picture).webp({ quality, lossless }).toBuffer();
    return exif ? addExifToWebp(webp, exif, picture.width, picture.height) : webp;
  }
  throw new HttpDetail(500, "Invalid image format");
}
