import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Asked } from "../job/after/asked.ts";
import type { Show } from "../job/after/finish-results.ts";
import type { Result, ResultImage } from "../job/after/read-result.ts";
import { failure } from "../job/failure/failure.ts";
import type { Log } from "../log.ts";
import { Picture } from "../picture.ts";
import { createTurns } from "../turns.ts";
import type { LivePicture } from "./live-picture.ts";
import type { ThreadAnswer, ThreadRequest, ThreadShow } from "./thread-messages.ts";

/** The entry of the thread: beside this file as it is written, beside the bundle as it is shipped. */
const ENTRY = new URL(`./image-worker${extname(import.meta.url)}`, import.meta.url);

/** What is done to pictures, off the loop that keeps leases. */
export interface ImageThread {
  /**
   * Holds Forge's answer against what was asked, as `readResult` does: one at a time, so that a thread that dies
   * of it fails that job alone. The bytes are handed over when its turn comes, and are empty here from then on.
   * `show` hears of each finished picture before the rest is hashed and made ready.
   */
  judge(asked: Asked, answer: Uint8Array<ArrayBuffer>, show?: Show): Promise<Result>;
  /** Makes Forge's preview small enough for the socket; null where that is not possible. */
  shrink(dataUri: string): Promise<LivePicture | null>;
  /** Ends the thread; what it has not answered is answered as if it had died. */
  close(): Promise<void>;
}

/** One question that is not answered yet. */
interface Waiting {
  /** How it goes on with an answer, or, with null, without one. */
  readonly goOn: (answer: ThreadAnswer | null) => void;
  readonly show: Show;
}

/** A request's body and everything in it, without pictures: they are large, and nothing is read of them. */
function withoutPictures(value: unknown): unknown {
  if (value instanceof Picture) return null;
  if (Array.isArray(value)) return value.map(withoutPictures);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, withoutPictures(one)]);
  return Object.fromEntries(entries);
}

function withoutInputs(asked: Asked): Asked {
  const { body, overrides } = asked.request;
  return {
    ...asked,
    request: { overrides, body: withoutPictures(body) as Record<string, unknown> },
  };
}

/** Plain bytes, as they come from the thread, as a Buffer over the same memory. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

const liveFrom = (live: LivePicture): LivePicture => ({ ...live, webp: asBuffer(live.webp) });

const imageFrom = (image: ResultImage): ResultImage => ({
  ...image,
  bytes: asBuffer(image.bytes),
  preview: { ...image.preview, bytes: asBuffer(image.preview.bytes) },
});

const DIED: Result = {
  ok: false,
  failure: failure(
    "infra",
    "incomplete_result",
    "The agent's reader of pictures broke down over what Forge gave.",
    { ownerMessage: "See that this box has memory left beside Forge; the agent's log says more." },
  ),
};

/** A thread that is asked, and that another takes the place of with the next question after it died. */
function keepThread(log: Log) {
  const waiting = new Map<number, Waiting>();
  const leave = (dead: Worker) => {
    if (worker !== dead) return;
    worker = null;
    const all = [...waiting.values()];
    waiting.clear();
    for (const { goOn } of all) goOn(null);
  };
  const start = (): Worker => {
    const started = new Worker(ENTRY);
    // Alone it keeps no process alive.
    started.unref();
    started.on("message", (answer: ThreadAnswer | ThreadShow) => {
      const asked = waiting.get(answer.id);
      if (answer.type === "show") {
        asked?.show(answer.index, liveFrom(answer.picture));
        return;
      }
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
      asked?.goOn(answer);
    });
    started.on("error", (error) => {
      log.error({ error: String(error) }, "The reader of pictures broke down; starting another");
    });
    started.on("exit", () => leave(started));
    return started;
  };
  let worker: Worker | null = start();
  return {
    /** Null where the thread died before it answered. */
    ask: (request: ThreadRequest, buffers: ArrayBuffer[], show: Show = () => {}) =>
      new Promise<ThreadAnswer | null>((goOn) => {
        worker ??= start();
        waiting.set(request.id, { goOn, show });
        worker.ref();
        worker.postMessage(request, buffers);
      }),
    async close() {
      await worker?.terminate();
    },
  };
}

/** Starts the thread for pictures; after it died, another one with the next question. */
export function createImageThread(log: Log): ImageThread {
  const { ask, close } = keepThread(log);
  const judging = createTurns(1);
  let lastId = 0;
  const judge: ImageThread["judge"] = async (asked, answer, show) => {
    const request = { type: "judge", id: ++lastId, asked: withoutInputs(asked), answer } as const;
    const judged = await ask(request, [answer.buffer], show);
    if (judged?.type !== "judge") return DIED;
    const { result } = judged;
    return result.ok ? { ...result, images: result.images.map(imageFrom) } : result;
  };
  return {
    judge: (asked, answer, show) => judging(() => judge(asked, answer, show)),
    async shrink(dataUri) {
      const shrunk = await ask({ type: "shrink", id: ++lastId, dataUri }, []);
      return shrunk?.type === "shrink" && shrunk.picture ? liveFrom(shrunk.picture) : null;
    },
    close,
  };
}
