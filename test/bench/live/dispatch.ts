import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../ratio.ts";
import { atMost, type Measure } from "../report.ts";
import { type LiveBox, ROUND_TRIP_MS, startLiveBox } from "./box.ts";
import { epochMs } from "./epoch.ts";
import { watch } from "./watcher.ts";

const MEDIAN_MAX = 5;
const P99_MAX = 15;
const COLD_SAMPLES = 5;
/** The runtime puts an object to sleep whose sockets were silent for ten seconds. */
const COLD_AFTER_MS = 12_000;
/** After a job the agent has this long to come to rest. */
const REST_MS = 150;
const PICTURE = { width: 64, height: 64, steps: 1 };

interface Sample {
  /** Milliseconds from the user's submit to the request at Forge. */
  readonly dispatchMs: number;
  readonly bareMs: number;
}

/** One job for a box that has nothing to do. */
async function dispatch(box: LiveBox): Promise<Sample> {
  const bareMs = await box.bareMs();
  const from = (await box.forge.jobs()).length;
  const startedAt = epochMs();
  const id = await box.submit(PICTURE);
  const run = await box.reachRun("the job came to Forge", from, () => true);
  await box.reach(id, "completed");
  await sleep(REST_MS + Math.random() * REST_MS);
  return { dispatchMs: run.arrivedAt - startedAt, bareMs };
}

async function dispatchMany(box: LiveBox, count: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (samples.length < count) samples.push(await dispatch(box));
  return samples;
}

/** The life of the hub, as its events' ids begin: another one after it slept. */
const lifeOf = (id: string) => id.slice(0, id.lastIndexOf("."));

/** Jobs for a box whose hub sleeps. A watcher whose socket sleeps too tells whether it did. */
async function dispatchCold(box: LiveBox): Promise<{ samples: Sample[]; lives: number }> {
  const watcher = await watch(box.proxy.url, box.queue.ownerKey);
  const samples: Sample[] = [];
  for (let at = 0; at < COLD_SAMPLES; at++) {
    await sleep(COLD_AFTER_MS);
    samples.push(await dispatch(box));
  }
  watcher.close();
  const jobs = watcher.heard.filter(({ event }) => event.type === "job");
  return { samples, lives: new Set(jobs.map(({ event }) => lifeOf(event.id))).size };
}

const percentile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

/** The median and the 99th of a hundred, over the median of the bare round trips beside them. */
function ratiosOf(samples: readonly Sample[]) {
  const bare = median(samples.map(({ bareMs }) => bareMs));
  const ours = samples.map(({ dispatchMs }) => dispatchMs);
  return { middle: median(ours) / bare, last: percentile(ours, 0.99) / bare, bare };
}

/** Holds the way of a job from its user to an idle Forge against a bare round trip. */
export async function benchDispatch(samples: number): Promise<Measure[]> {
  const box = await startLiveBox({ timeScale: 0.001 });
  try {
    await dispatchMany(box, 3);
    const warm = ratiosOf(await dispatchMany(box, samples));
    box.proxy.setRoundTrip(0);
    const near = ratiosOf(await dispatchMany(box, samples));
    box.proxy.setRoundTrip(ROUND_TRIP_MS);
    const cold = await dispatchCold(box);
    const slept = ratiosOf(cold.samples);
    const show = (ratio: number) => `${ratio.toFixed(2)}×`;
    return [
      atMost("submit to Forge / a round trip, p50", warm.middle, MEDIAN_MAX, show(warm.middle)),
      atMost(`  p99 of ${samples}`, warm.last, P99_MAX, show(warm.last)),
      {
        name: `  after a hub has slept, p50 of ${COLD_SAMPLES} (it woke ${cold.lives} times)`,
        value: show(slept.middle),
      },
      {
        name: `  with no way between (a round trip ${near.bare.toFixed(1)} ms), p50, p99`,
        value: `${show(near.middle)}, ${show(near.last)}`,
      },
    ];
  } finally {
    await box.stop();
  }
}
