import { ID_PREFIX, type ImageMime, LIMITS, type Upload } from "@mobilesd/contract";
import { imageSize } from "image-size";
import { randomBase62 } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import { uploadKey } from "../../storage/images.ts";
import { insertUpload } from "../../storage/uploads.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";

const MIMES: Record<string, ImageMime> = {
  png: "image/png",
  jpg: "image/jpeg",
  webp: "image/webp",
};

/** Reads a stream until `bytesMax` bytes or its end: enough to find a picture's size in its header. */
async function readHead(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < bytesMax) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const head = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    head.set(chunk, at);
    at += chunk.length;
  }
  return head;
}

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

/** Puts the head back before the rest, with the length that R2 must know. */
function rejoin(
  head: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytes: number,
): { stream: ReadableStream; done: Promise<void> } {
  const { readable, writable } = new FixedLengthStream(bytes);
  const writer = writable.getWriter();
  const pump = async () => {
    try {
      await writer.write(head);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        await writer.write(value);
      }
      await writer.close();
    } catch (error) {
      await writer.abort(error);
      throw error;
    }
  };
  return { stream: readable, done: pump() };
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
  const { stream, done } = rejoin(head, reader, bytes);
  const [toStore, toHash] = stream.tee();
  const digest = new crypto.DigestStream("SHA-256");
  const key = uploadKey(ctx.actor.ownerId, id);
  const put = ctx.bucket.put(key, toStore, { httpMetadata: { contentType: mime } });
  const [stored] = await Promise.all([put, toHash.pipeTo(digest), done]);
  if (stored === null) throw new AppError("unavailable");
  const sha256 = [...new Uint8Array(await digest.digest)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const createdAt = toTimestamp(ctx.clock());
  const ownerId = ctx.actor.ownerId;
  await insertUpload(ctx.db, { id, ownerId, mime, width, height, bytes, sha256, createdAt });
  return { upload_id: id, width, height, bytes, sha256 };
}
