import { encodePicture } from "./encode.ts";
import { PythonError } from "./errors.ts";
import type { Forge } from "./forge.ts";
import upscalers from "./lists/upscalers.json" with { type: "json" };
import type { Pixels } from "./picture/pixels.ts";
import { openPixels, readPixels } from "./picture/render.ts";
import { beginJob, endJob } from "./progress.ts";
import { asFloat, formatPythonText } from "./python-json.ts";
import type { EXTRA_SINGLE_FIELDS, ValuesOf } from "./request-fields.ts";
import { resizePicture } from "./resize-picture.ts";
import { decodePicture } from "./sent-picture.ts";

type ExtraSingleRequest = ValuesOf<typeof EXTRA_SINGLE_FIELDS>;

const UPSCALE_MS_PER_MEGAPIXEL = 300;

/**
 * Scales one picture (POST /sdapi/v1/extra-single-image), in turn with the jobs. Throws
 * AssertionError for an upscaler that is not there, and what decoding throws.
 */
export async function upscalePicture(
  forge: Forge,
  body: ExtraSingleRequest,
): Promise<{ html_info: string; image: string }> {
  const picture = await decodePicture(body.image);
  const { pixels, info } = await forge.lock.run(async () => {
    beginJob(forge.progress, "extras", forge.clock.now());
    forge.progress.jobCount = 1;
    try {
      return await scale(forge, picture, body);
    } finally {
      endJob(forge.progress);
    }
  });
  const bytes = await encodePicture({ pixels, alpha: null, text: null }, forge.options);
  const text = Object.entries(info).map(([key, value]) => `${key}: ${formatPythonText(value)}`);
  return { html_info: `<p>${text.join(", ")}</p>`, image: bytes.toString("base64") };
}

async function scale(forge: Forge, picture: Pixels, body: ExtraSingleRequest) {
  const name = body.upscaler_1;
  if (name === "None") return { pixels: picture, info: {} };
  if (!upscalers.some((upscaler) => upscaler.name === name)) {
    throw new PythonError("AssertionError", `could not find upscaler named ${name}`);
  }
  const [wide, high] = [body.upscaling_resize_w, body.upscaling_resize_h];
  const isToSize = body.resize_mode === 1;
  const factor = isToSize
    ? Math.max(wide / picture.width, high / picture.height)
    : body.upscaling_resize;
  const width = Math.max(8, Math.floor((picture.width * factor) / 8) * 8);
  const height = Math.max(8, Math.floor((picture.height * factor) / 8) * 8);
  await forge.clock.sleep((UPSCALE_MS_PER_MEGAPIXEL * width * height) / 1e6);
  const scaled = await readPixels(openPixels(picture).resize(width, height, { fit: "fill" }));
  const isCut = isToSize && body.upscaling_crop;
  const info = {
    ...(isToSize ? { "Postprocess upscale to": `${wide}x${high}` } : {}),
    ...(isToSize ? {} : { "Postprocess upscale by": asFloat(factor) }),
    ...(isCut ? { "Postprocess crop to": `${wide}x${high}` } : {}),
    "Postprocess upscaler": name,
  };
  return { pixels: isCut ? await resizePicture(scaled, wide, high, 1) : scaled, info };
}
