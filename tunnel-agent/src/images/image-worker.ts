/** The thread that reads Forge's answers and makes pictures small: the loop that keeps leases never waits for it. */
import { parentPort } from "node:worker_threads";
import sharp from "sharp";
import { type Result, readResult } from "../job/after/read-result.ts";
import { bytesOfDataUri, type LivePicture, shrinkPicture } from "./live-picture.ts";
import type { ThreadAnswer, ThreadRequest, ThreadShow } from "./thread-messages.ts";

// Each picture is looked at once: what sharp keeps of it is of no use.
sharp.cache(false);

/** Bytes alone in memory of their own, which can be handed over: small ones share theirs, sharp's are not the engine's. */
const alone = (bytes: Buffer) => Buffer.from(new Uint8Array(bytes).buffer);
/** The same without a copy for a decoded picture, which has its own unless it is tiny. */
const own = (bytes: Buffer) =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : alone(bytes);

const aloneLive = (live: LivePicture): LivePicture => ({ ...live, webp: alone(live.webp) });

function handingOver(result: Result): { result: Result; buffers: ArrayBuffer[] } {
  if (!result.ok) return { result, buffers: [] };
  const images = result.images.map((image) => ({
    ...image,
    bytes: own(image.bytes),
    preview: { ...image.preview, bytes: alone(image.preview.bytes) },
  }));
  const buffers = images.flatMap(({ bytes, preview }) =>
    [bytes, preview.bytes].map(({ buffer }) => buffer as ArrayBuffer),
  );
  return { result: { ...result, images }, buffers };
}

async function answer(request: ThreadRequest): Promise<void> {
  const { type, id } = request;
  const post = (message: ThreadAnswer | ThreadShow, buffers: ArrayBuffer[]) =>
    parentPort?.postMessage(message, buffers);
  if (type === "judge") {
    const judged = await readResult(request.answer, request.asked, (index, live) => {
      const picture = aloneLive(live);
      post({ type: "show", id, index, picture }, [picture.webp.buffer as ArrayBuffer]);
    });
    const { result, buffers } = handingOver(judged);
    post({ type, id, result }, buffers);
    return;
  }
  const bytes = bytesOfDataUri(request.dataUri);
  const small = bytes && (await shrinkPicture(bytes));
  const picture = small && aloneLive(small);
  post({ type, id, picture }, picture ? [picture.webp.buffer as ArrayBuffer] : []);
}

// An error that is thrown ends the thread: its starter says so, and starts another.
parentPort?.on("message", (request: ThreadRequest) => void answer(request));
