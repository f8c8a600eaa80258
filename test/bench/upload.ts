import { createHash, randomBytes } from "node:crypto";
import type { LeaseGrant } from "@mobilesd/contract";
import {
  authOf,
  type BenchQueue,
  startBenchQueue,
  startJob,
  uploadHeaders,
} from "./bench-queue.ts";
import { interleave, ratioOf, showRatio } from "./ratio.ts";
import { atMost, type Measure } from "./report.ts";

const MEGABYTE = 1_000_000;
const RATIO_MAX = 1.5;
/** Sizes in megabytes, with the uploads of one round: more of the small ones, whose times scatter. */
const SIZES = [
  { megabytes: 1, uploads: 10 },
  { megabytes: 5, uploads: 5 },
  { megabytes: 20, uploads: 3 },
];

/** How every PNG begins. */
export const PNG_SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** Bytes that stand for a picture, with their sum. */
export interface Picture {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly sha256: string;
}

/** A picture of so many bytes that no compression makes smaller. */
export function pictureOf(megabytes: number): Picture {
  const bytes = randomBytes(megabytes * MEGABYTE);
  PNG_SIGNATURE.copy(bytes);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function put(url: string, picture: Picture, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: "PUT", headers, body: picture.bytes });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${answer}`);
}

/** One upload, with a number of its own: what is stored is never stored again. */
export type Upload = (picture: Picture, index: number) => Promise<void>;

/** Uploads by the agent's own route, under a lease. Indexes count from 1 to the pictures a job may have. */
export function agentUpload(queue: BenchQueue, lease: LeaseGrant): Upload {
  const images = `${queue.worker.url}/api/v1/agent/jobs/${lease.mobilesd_job_id}/images`;
  const auth = authOf(queue.agentKey);
  return (picture, index) =>
    put(`${images}/${index}`, picture, { ...auth, ...uploadHeaders(queue, lease, picture.sha256) });
}

/** Uploads by a bare route that hands the body on as it comes, or holds all of it first. */
export function bareUpload(queue: BenchQueue, way: "stream" | "buffer"): Upload {
  return (picture, index) => put(`${queue.worker.url}/bench/${way}/${index}`, picture);
}

/** Removes everything that was uploaded, so that the disk does not fill. */
async function emptyBucket(queue: BenchQueue): Promise<void> {
  const bucket = await queue.worker.bucket();
  for (const prefix of ["owners/", "bench/"]) {
    const { objects } = await bucket.list({ prefix });
    await bucket.delete(objects.map((object) => object.key));
  }
}

/** The milliseconds of some uploads, one after the other. */
async function totalMs(upload: Upload, picture: Picture, uploads: number): Promise<number> {
  const startedAt = performance.now();
  for (let index = 1; index <= uploads; index++) await upload(picture, index);
  return performance.now() - startedAt;
}

/** Holds the agent's upload against a bare stream from the request into R2, at several sizes. */
export async function benchUpload(rounds: number): Promise<Measure[]> {
  const queue = await startBenchQueue();
  const measures: Measure[] = [];
  try {
    for (const { megabytes, uploads } of SIZES) {
      const picture = pictureOf(megabytes);
      const measure = async (upload: Upload) => {
        const ms = await totalMs(upload, picture, uploads);
        await emptyBucket(queue);
        return ms;
      };
      const lease = await startJob(queue);
      const variants = {
        ours: () => measure(agentUpload(queue, lease)),
        bare: () => measure(bareUpload(queue, "stream")),
      };
      await interleave(1, variants);
      const times = await interleave(rounds, variants);
      const ratio = ratioOf(times.ours, times.bare);
      const name = `upload of ${megabytes} MB / bare stream into R2`;
      measures.push(atMost(name, ratio.median, RATIO_MAX, showRatio(ratio)));
    }
    return measures;
  } finally {
    await queue.stop();
  }
}
