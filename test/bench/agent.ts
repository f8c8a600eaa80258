import { setTimeout as sleep } from "node:timers/promises";
import { DURATIONS } from "@mobilesd/contract";
import { startDemoForge } from "../../src/local/demo-forge.ts";
import { startAgent } from "../support/box/agent.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { interleave, median, ratioOf, showRatio } from "./ratio.ts";
import { atMost, type Measure } from "./report.ts";

const RATIO_MAX = 1;
/** Jobs in a row of one round, behind one more: its end is where the clock starts. */
const JOBS = 3;
const ASK_EVERY_MS = 500;

/** A job that takes the demo Forge some two seconds, with the checkpoint that it has selected. */
const JOB = {
  prompt: "a lighthouse at dusk above a stormy sea",
  steps: 15,
  side: 512,
  sampler: "Euler a",
  checkpoint: "demoPainter_v1",
};

const queued = (seed: number) => ({
  positive_prompt: JOB.prompt,
  checkpoint_name: JOB.checkpoint,
  width: JOB.side,
  height: JOB.side,
  steps: JOB.steps,
  sampler_name: JOB.sampler,
  seed,
});

const direct = (seed: number) => ({
  prompt: JOB.prompt,
  width: JOB.side,
  height: JOB.side,
  steps: JOB.steps,
  sampler_name: JOB.sampler,
  seed,
});

/** Milliseconds of one direct call out of several in a row, each posted when the last one was read. */
async function directMs(forgeUrl: string, firstSeed: number): Promise<number> {
  const startedAt = performance.now();
  for (let at = 0; at < JOBS; at++) {
    const response = await fetch(`${forgeUrl}/sdapi/v1/txt2img`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(direct(firstSeed + at)),
    });
    const { images } = (await response.json()) as { images?: string[] };
    if (images?.length !== 1) throw new Error(`The demo Forge answered ${response.status}`);
  }
  return (performance.now() - startedAt) / JOBS;
}

/** When the queue took a job for completed. Asked seldom, as asking is work for the same machine. */
async function completedAt(queue: Queue, id: string): Promise<number> {
  for (;;) {
    const { status, error, completion_timestamp } = await queue.status(id);
    if (status === "completed" && completion_timestamp) return Date.parse(completion_timestamp);
    if (status === "failed") throw new Error(`A job failed: ${error?.message}`);
    await sleep(ASK_EVERY_MS);
  }
}

/** Milliseconds from one completion to the next, of jobs that wait in line. */
async function queuedMs(queue: Queue, firstSeed: number): Promise<number> {
  const ids: string[] = [];
  for (let at = 0; at <= JOBS; at++) ids.push(await queue.submit(queued(firstSeed + at)));
  const ends: number[] = [];
  for (const id of ids) ends.push(await completedAt(queue, id));
  return (Math.max(...ends) - Math.min(...ends)) / JOBS;
}

/** Holds jobs in line, through queue and agent, against calls of the same Forge in a row. */
export async function benchAgent(rounds: number): Promise<Measure[]> {
  const forge = await startDemoForge({
    speed: 1,
    onLine: () => undefined,
    onDeath: (how) => void process.stderr.write(`  the demo Forge died: ${how}\n`),
  });
  const queue = await startQueue(DURATIONS);
  const agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  try {
    let seed = 0;
    const next = () => {
      seed += JOBS + 1;
      return seed;
    };
    const variants = {
      ours: () => queuedMs(queue, next()),
      direct: () => directMs(forge.url, next()),
    };
    // The model is loaded once, and everything compiled, before anything is timed.
    await interleave(1, variants);
    const times = await interleave(rounds, variants);
    const ratio = ratioOf(times.ours, times.direct);
    const shown = [times.ours, times.direct].map((ms) => `${(median(ms) / 1000).toFixed(2)} s`);
    return [
      atMost("a job in line / a direct call", ratio.median, RATIO_MAX, showRatio(ratio, 3)),
      { name: "  time: a job in line, a direct call", value: shown.join(", ") },
    ];
  } finally {
    agent.stop.stopNow();
    await agent.end;
    await queue.stop();
    await forge.child.stop();
  }
}
