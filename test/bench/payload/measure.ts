/**
 * Sends one request for an inpaint of 4 megapixels with two ControlNet pictures, in a process of its own, and
 * writes what that cost as JSON. usage: measure.ts ours|stringify URL, with --expose-gc.
 */
import { randomBytes } from "node:crypto";
import { ResolvedParams } from "@mobilesd/contract";
import { createForgeClient } from "../../../tunnel-agent/src/forge/client.ts";
import type { Prepared } from "../../../tunnel-agent/src/job/before/prepare.ts";
import { buildRequest } from "../../../tunnel-agent/src/job/request/payload.ts";
import { Picture } from "../../../tunnel-agent/src/picture.ts";

/** As the agent does it, or with each picture as one text in one JSON. */
export type PayloadWay = "ours" | "stringify";

export interface PayloadCost {
  /** Of all pictures together. */
  readonly base64Bytes: number;
  /** What the process grew by at most, beyond the raw pictures. */
  readonly grownBytes: number;
  /** Bytes of pictures that were written into new texts and buffers before they went to the socket. */
  readonly copiedBytes: number;
}

const PIXELS = 2048 * 2048;
/** What a PNG of noise takes: three bytes a pixel, and one in a mask. */
const PICTURES = { init: 3, mask: 1, first: 3, second: 3 } as const;

const id = (name: string) => ({ upload_id: `upl_${name.padEnd(22, "0")}` });

/** The pictures by upload id. What stands in them is of no account: nobody decodes them. */
function makePictures(): Map<string, Picture> {
  const entries = Object.entries(PICTURES).map(
    ([name, bytes]) => [id(name).upload_id, new Picture(randomBytes(PIXELS * bytes))] as const,
  );
  return new Map(entries);
}

function requestOf(pictures: ReadonlyMap<string, Picture>) {
  const unit = (name: string) => ({
    module: "canny",
    model: "canny",
    image: pictures.get(id(name).upload_id),
  });
  const params = ResolvedParams.parse({
    positive_prompt: "a lighthouse",
    checkpoint_name: "model",
    width: 2048,
    height: 2048,
    steps: 20,
    scheduler: "Automatic",
    img2img: { init_image: id("init"), mask: id("mask") },
  });
  const prepared: Prepared = {
    checkpoints: { main: "model", refiner: null, hires: null },
    schedulers: { main: "Automatic", hires: null },
    modules: { main: null, hires: null },
    scripts: {
      selectable: null,
      alwaysOn: { controlnet: { args: [unit("first"), unit("second")] } },
    },
    pictures,
    inputSize: null,
    warnings: [],
  };
  return buildRequest(params, { taskId: "task(bench)", prepared, own: {}, keepsOverrides: false });
}

/** Counts what is written into texts and buffers from now on, by all four ways that lead to one. */
function countCopies(): { bytes: number } {
  const count = { bytes: 0 };
  const counting = <F extends (...args: never[]) => { readonly length: number }>(
    copy: F,
    isCounted: (args: Parameters<F>) => boolean,
  ) =>
    function (this: unknown, ...args: Parameters<F>) {
      const made = copy.apply(this, args);
      if (isCounted(args)) count.bytes += made.length;
      return made;
    } as F;
  const all = () => true;
  Buffer.prototype.toString = counting(Buffer.prototype.toString, ([way]) => way === "base64");
  Buffer.from = counting(Buffer.from, ([from]) => typeof from === "string");
  JSON.stringify = counting(JSON.stringify, all);
  TextEncoder.prototype.encode = counting(TextEncoder.prototype.encode, all);
  return count;
}

/** The body with each picture as its base64, as a program does it that thinks no further. */
const inOneText = (value: unknown): string =>
  JSON.stringify(value, (_, one) => (one instanceof Picture ? base64Of(one) : one));

function base64Of({ bytes }: Picture): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

async function send(way: PayloadWay, url: string, pictures: ReadonlyMap<string, Picture>) {
  const { path, body } = requestOf(pictures);
  if (way === "ours") {
    await createForgeClient(url, null).generate(path, body, new AbortController().signal);
    return;
  }
  const headers = { "Content-Type": "application/json" };
  await (await fetch(url + path, { method: "POST", headers, body: inOneText(body) })).text();
}

const [way, url] = process.argv.slice(2);
if ((way !== "ours" && way !== "stringify") || url === undefined) {
  throw new Error("usage: measure.ts ours|stringify URL");
}
const pictures = makePictures();
globalThis.gc?.();
const before = process.memoryUsage.rss();
const copies = countCopies();
await send(way, url, pictures);
const cost: PayloadCost = {
  base64Bytes: [...pictures.values()].reduce(
    (sum, { bytes }) => sum + Math.ceil(bytes.length / 3) * 4,
    0,
  ),
  grownBytes: process.resourceUsage().maxRSS * 1024 - before,
  copiedBytes: copies.bytes,
};
process.stdout.write(JSON.stringify(cost));
