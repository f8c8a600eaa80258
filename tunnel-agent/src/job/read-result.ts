import { createHash } from "node:crypto";
import { type ImageMime, LIMITS, type ResolvedParams } from "@mobilesd/contract";
import sharp from "sharp";
import * as z from "zod";
import { type Failure, failure } from "./failure.ts";

/** One picture as Forge gave it, and what is known of it. */
export interface ResultImage {
  /** Counts from 1. */
  readonly index: number;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mime: ImageMime;
  readonly width: number;
  readonly height: number;
  readonly seed: number | null;
  readonly infotext: string | null;
  /** A WebP whose longer side is at most `previewSidePixels`. */
  readonly preview: { readonly bytes: Buffer; readonly sha256: string };
}

export type Result =
  | { readonly ok: true; readonly images: readonly ResultImage[] }
  | { readonly ok: false; readonly failure: Failure };

const Answer = z.object({ images: z.array(z.string()), info: z.string() });
const Info = z.object({
  all_seeds: z.array(z.int()),
  index_of_first_image: z.int().min(0),
  infotexts: z.array(z.string()),
  sd_model_name: z.string(),
  sd_model_hash: z.string().nullable(),
});
type Info = z.infer<typeof Info>;

const MIMES: Record<string, ImageMime> = {
  png: "image/png",
  jpeg: "image/jpeg",
  webp: "image/webp",
};

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const incomplete = (message: string): Result => ({
  ok: false,
  failure: failure("infra", "incomplete_result", message),
});

function parseInfo(text: string): Info | null {
  try {
    const parsed = Info.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Which model really ran: Forge puts the selected one in place of an unknown one, with status 200. */
function findWrongModel(info: Info, wanted: { basename: string; hash: string | null }) {
  if (info.sd_model_name !== wanted.basename) {
    const message = `Forge ran the model "${info.sd_model_name}" instead of "${wanted.basename}"`;
    return failure("infra", "wrong_model", message);
  }
  if (wanted.hash && info.sd_model_hash && info.sd_model_hash !== wanted.hash) {
    const message = `Forge's "${wanted.basename}" has the hash ${info.sd_model_hash} instead of ${wanted.hash}`;
    return failure("infra", "wrong_model", message);
  }
  return null;
}

async function readImage(base64: string, index: number, info: Info): Promise<ResultImage | null> {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length === 0 || bytes.length > LIMITS.imageBytesMax) return null;
  const picture = sharp(bytes, { limitInputPixels: LIMITS.sidePixelsMax ** 2 * 16 });
  const { format, width, height } = await picture.metadata();
  const mime = MIMES[format ?? ""];
  if (!mime || !width || !height) return null;
  const side = LIMITS.previewSidePixels;
  const preview = await picture
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .webp()
    .toBuffer();
  return {
    index,
    bytes,
    sha256: sha256Of(bytes),
    mime,
    width,
    height,
    seed: info.all_seeds[index - 1] ?? null,
    infotext: info.infotexts[info.index_of_first_image + index - 1] ?? null,
    preview: { bytes: preview, sha256: sha256Of(preview) },
  };
}

/**
 * Takes the results out of Forge's answer: those behind `index_of_first_image`, one a seed; grids and
 * control maps stay behind (forge-reference 1.11). Anything less than all pictures of the right model is
 * a failure, never a result.
 */
export async function readResult(
  body: unknown,
  params: ResolvedParams,
  checkpoint: { basename: string; hash: string | null },
): Promise<Result> {
  const answer = Answer.safeParse(body);
  const info = answer.success ? parseInfo(answer.data.info) : null;
  if (!answer.success || !info) return incomplete("Forge's answer is not one of a generation");
  const wrong = findWrongModel(info, checkpoint);
  if (wrong) return { ok: false, failure: wrong };
  const wanted = params.batch_size * params.n_iter;
  const first = info.index_of_first_image;
  const pictures = answer.data.images.slice(first, first + wanted);
  if (pictures.length < wanted) {
    return incomplete(`Forge gave ${pictures.length} of ${wanted} pictures`);
  }
  const images: ResultImage[] = [];
  for (const [at, base64] of pictures.entries()) {
    const image = await readImage(base64, at + 1, info).catch((error: Error) => error);
    if (image instanceof Error) return incomplete(`Picture ${at + 1}: ${image.message}`);
    if (!image) return incomplete(`Picture ${at + 1} of Forge's answer cannot be read`);
    images.push(image);
  }
  return { ok: true, images };
}
