import { type ImageMime, type LeaseProof, LIMITS, type StoredImage } from "@mobilesd/contract";
import { beginsAs, SIGNATURE_BYTES } from "../../domain/picture-type.ts";
import { resultKey } from "../../storage/images.ts";
import { sha256Of } from "../../storage/objects.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { requireLease } from "../require-lease.ts";
import { readHead } from "./read-head.ts";

/** A raw body with what its headers announce. */
export interface IncomingImage {
  readonly body: ReadableStream;
  readonly bytes: number;
  readonly mime: ImageMime;
  readonly sha256: string;
}

/** R2's refusal of bytes that do not have the announced sum. */
const R2_CHECKSUM_ERROR = "10037";

/** The same stream, once its first bytes were seen to be those of its type: no more of it is looked at. */
async function requireType({ body, mime }: IncomingImage): Promise<ReadableStream> {
  const [ahead, whole] = body.tee();
  const reader = ahead.getReader();
  const head = await readHead(reader, SIGNATURE_BYTES);
  await reader.cancel();
  if (beginsAs(mime, head)) return whole;
  await whole.cancel();
  throw fieldError("invalid_image", "body", `does not begin as ${mime} does`);
}

/**
 * Stores one picture, or its preview, of a job under a valid lease. The stream goes to R2 as it comes; R2
 * itself compares the sum. The same bytes again are fine, others under the same index are a conflict.
 */
export async function storeResult(
  ctx: ActorContext,
  target: { jobId: string; index: number; kind: "image" | "preview" },
  holder: LeaseProof & { sessionId: string | null },
  image: IncomingImage,
): Promise<StoredImage> {
  const job = await requireLease(ctx, target.jobId, holder, holder.sessionId);
  if (job.status !== "processing") throw new AppError("lease_lost");
  const bytesMax = target.kind === "image" ? LIMITS.imageBytesMax : LIMITS.previewBytesMax;
  if (image.bytes > bytesMax) {
    throw fieldError("body_too_large", "body", "the picture is too large", { limit: bytesMax });
  }
  const body = await requireType(image);
  const key = resultKey(job, target.index, target.kind);
  const stored = { index: target.index, bytes: image.bytes, sha256: image.sha256 };
  try {
    const put = await ctx.bucket.put(key, body, {
      sha256: image.sha256,
      onlyIf: { etagDoesNotMatch: "*" },
      httpMetadata: { contentType: image.mime },
    });
    if (put !== null) return stored;
  } catch (error) {
    if (error instanceof Error && error.message.includes(R2_CHECKSUM_ERROR)) {
      throw new AppError("checksum_mismatch");
    }
    throw error;
  }
  const existing = await ctx.bucket.head(key);
  if (existing && sha256Of(existing) === image.sha256) return stored;
  throw new AppError("image_conflict");
}
