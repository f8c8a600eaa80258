import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchQueue, startBenchQueue, startJob } from "./bench-queue.ts";
import { interleave, median, ratioOf, showRatio } from "./ratio.ts";
import { atMost, type Measure } from "./report.ts";
import { agentUpload, bareUpload, pictureOf, type Upload } from "./upload.ts";

const PARALLEL = 10;
const MEGABYTES = 20;
const RATIO_MAX = 0.5;
const SAMPLE_EVERY_MS = 5;

/** The memory that a process has resident, in megabytes, as Linux tells it. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status tells no VmRSS`);
  return Number(kilobytes) / 1024;
}

/** How far a process grows above where it was, at most, while some work is done. */
async function peakGrowth(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = residentMegabytes(pid);
  let peak = before;
  let isDone = false;
  const sampling = (async () => {
    while (!isDone) {
      peak = Math.max(peak, residentMegabytes(pid));
      await sleep(SAMPLE_EVERY_MS);
    }
  })();
  try {
    await work();
  } finally {
    isDone = true;
    await sampling;
  }
  return peak - before;
}

/** The growth of a fresh Worker: one that grew once keeps what it got, and grows no more. */
async function growthOf(wayOf: (queue: BenchQueue) => Promise<Upload>): Promise<number> {
  const queue = await startBenchQueue();
  try {
    const upload = await wayOf(queue);
    await upload(pictureOf(1), PARALLEL + 1);
    const pid = queue.worker.workerdPid();
    if (pid === null) throw new Error("The Worker has no process");
    const picture = pictureOf(MEGABYTES);
    const indexes = Array.from({ length: PARALLEL }, (_, at) => at + 1);
    return await peakGrowth(pid, () => Promise.all(indexes.map((index) => upload(picture, index))));
  } finally {
    await queue.stop();
  }
}

/** Holds the memory that parallel uploads take against that of a Worker which holds each body whole. */
export async function benchMemory(rounds: number): Promise<Measure[]> {
  const name = `memory of ${PARALLEL} uploads of ${MEGABYTES} MB / of a Worker that buffers`;
  if (process.platform !== "linux") {
    return [{ name, value: "not measured: only Linux tells a process's memory" }];
  }
  const growths = await interleave(rounds, {
    ours: () => growthOf(async (queue) => agentUpload(queue, await startJob(queue))),
    buffering: () => growthOf(async (queue) => bareUpload(queue, "buffer")),
    stream: () => growthOf(async (queue) => bareUpload(queue, "stream")),
  });
  const ratio = ratioOf(growths.ours, growths.buffering);
  const megabytes = (values: readonly number[]) => `${median(values).toFixed(0)} MB`;
  const shown = [growths.ours, growths.buffering, growths.stream].map(megabytes);
  return [
    atMost(name, ratio.median, RATIO_MAX, showRatio(ratio)),
    { name: "  growth: ours, buffering, bare stream", value: shown.join(", ") },
  ];
}
