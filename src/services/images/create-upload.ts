import { ID_PREFIX, type ImageMime, LIMITS, type Upload } from "@mobilesd/contract";
import { imageSize } from "image-size";
import { randomBase62 } from "../../domain/credentials.ts";
import { toHex } from "../../domain/hex.ts";
import { toTimestamp } from "../../storage/database.ts";
import { uploadKey } from "../../storage/images.ts";
import { insertUpload } from "../../storage/uploads.ts";
import { fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { readHead } from "./read-head.ts";

const MIMES: Record<string, ImageMime> = {
  png: "image/png",
  jpg: "image/jpeg",
  webp: "image/webp",
};

/** Type and size by the picture's own header; what a file calls itself counts for nothing. */
function inspect(head: Uint8Array): { mime: ImageMime; width: number; height: number } {
  let found: ReturnType<typeof imageSize>;
  try {
    found = imageSize(head);
  } catch (error) {
    const reason =
      error instanceof TypeError || error instanceof RangeError ? "damaged" : "unknown";
    throw fieldError("invalid_image", "body", `not a PNG, JPEG or WebP picture (${reason} header)`);
  }
  const mime = MIMES[found.type ?? ""];
  if (!mime) throw fieldError("invalid_image", "body", "only PNG, JPEG and WebP can be used");
  const pixels = found.width * found.height;
  if (!(pixels > 0) || pixels > LIMITS.uploadPixelsMax) {
    const limit = LIMITS.uploadPixelsMax;
    throw fieldError("invalid_image", "body", `${found.width}×${found.height} pixels`, { limit });
  }
  return { mime, width: found.width, height: found.height };
}

const wrongLength = (limit: number) =>
  fieldError("invalid_request", "body", "not as long as its Content-Length says", { limit });

/**
 * Puts the head back before the rest, with the length that R2 must know, and takes the sum as it passes:
 * both readers are waited for, so nothing piles up between them.
 */
function rejoin(head: Uint8Array, reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number) {
  const { readable, writable } = new FixedLengthStream(bytes);
  const digest = new crypto.DigestStream("SHA-256");
  const store = writable.getWriter();
  const hash = digest.getWriter();
  const pump = async () => {
    let length = 0;
    let chunk: Uint8Array | undefined = head;
    try {
      while (chunk !== undefined) {
        length += chunk.length;
        if (length > bytes) throw wrongLength(bytes);
        await Promise.all([store.write(chunk), hash.write(chunk)]);
        const { done, value } = await reader.read();
        chunk = done ? undefined : value;
      }
      if (length < bytes) throw wrongLength(bytes);
      await Promise.all([store.close(), hash.close()]);
    } catch (error) {
      // The sum is nobody's any more, and an aborted digest would reject where nobody listens.
      await Promise.allSettled([store.abort(error)]);
      throw error;
    }
    return toHex(await digest.digest);
  };
  return { stream: readable, sha256: pump() };
}

/**
 * Stores an input picture. Its bytes are never held: the head is looked at, then all of it streams to R2
 * while its sum is taken. `bytes` is the announced Content-Length, and must be true.
 */
export async function createUpload(
  ctx: ActorContext,
  body: ReadableStream<Uint8Array>,
  bytes: number,
): Promise<Upload> {
  if (bytes > LIMITS.uploadBytesMax) {
    const limit = LIMITS.uploadBytesMax;
    throw fieldError("body_too_large", "body", "the picture is too large", { limit });
  }
  const reader = body.getReader();
  const head = await readHead(reader, LIMITS.uploadHeaderBytesMax);
  const { mime, width, height } = inspect(head);
  const id = ID_PREFIX.upload + randomBase62(22, ctx.randomBytes);
  const { stream, sha256: summed } = rejoin(head, reader, bytes);
  const key = uploadKey(ctx.actor.ownerId, id);
  const put = ctx.bucket.put(key, stream, { httpMetadata: { contentType: mime } });
  // When the pump breaks, R2 only sees a broken stream: the pump's reason is the one to tell.
  const [sum, stored] = await Promise.allSettled([summed, put]);
  if (sum.status === "rejected") throw sum.reason;
  if (stored.status === "rejected") throw stored.reason;
  const sha256 = sum.value;
  const createdAt = toTimestamp(ctx.clock());
  const ownerId = ctx.actor.ownerId;
  await insertUpload(ctx.db, { id, ownerId, mime, width, height, bytes, sha256, createdAt });
  return { upload_id: id, width, height, bytes, sha256 };
}
