import { median } from "../ratio.ts";
import { atMost, type Measure } from "../report.ts";
import { type LiveBox, startLiveBox } from "./box.ts";

const RESIDENT_MAX_MB = 150;
/** From the first fifth of the jobs to the last one: what the collector leaves to chance stays below. */
const GROWTH_MAX = 1.05;
const PICTURE = { width: 256, height: 256, steps: 1 };
/** Jobs that wait at a time. */
const BATCH = 20;

/** Runs so many jobs and answers the megabytes that the agent had after each batch of them. */
async function runMany(box: LiveBox, jobs: number): Promise<number[]> {
  const samples: number[] = [];
  for (let done = 0; done < jobs; done += BATCH) {
    const submits = Array.from({ length: BATCH }, () => box.submit(PICTURE, box.queue.owner));
    const ids = await Promise.all(submits);
    for (const id of ids) await box.reach(id, "completed");
    samples.push(box.agent.residentMb());
  }
  return samples;
}

/** Holds the agent's memory over many small jobs against its bound, and against itself. */
export async function benchAgentMemory(jobs: number): Promise<Measure[]> {
  if (process.platform !== "linux") {
    return [{ name: "memory of the agent", value: "not measured: only Linux tells it" }];
  }
  const box = await startLiveBox({ timeScale: 0.001 });
  try {
    // What a long way would only make longer.
    box.proxy.setRoundTrip(0);
    const samples = await runMany(box, jobs);
    const fifth = Math.ceil(samples.length / 5);
    const [early, late] = [samples.slice(0, fifth), samples.slice(-fifth)].map(median);
    const growth = (late ?? Number.NaN) / (early ?? Number.NaN);
    const highest = Math.max(...samples);
    const shown = `${growth.toFixed(3)}× (${early?.toFixed(0)} MB, ${late?.toFixed(0)} MB)`;
    return [
      atMost(
        `MB of the agent, at most in ${jobs} jobs`,
        highest,
        RESIDENT_MAX_MB,
        `${highest.toFixed(0)} MB`,
      ),
      atMost("  the last fifth of them / the first", growth, GROWTH_MAX, shown),
    ];
  } finally {
    await box.stop();
  }
}
