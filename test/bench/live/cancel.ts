import { setTimeout as sleep } from "node:timers/promises";
import { median, ratioOf, showRatio } from "../ratio.ts";
import { atMost, type Measure } from "../report.ts";
import { type LiveBox, startLiveBox } from "./box.ts";
import { epochMs } from "./epoch.ts";

const ROUND_TRIPS_MAX = 4;
/** Some 10 s on the demo's card: none ends before its cancel comes. */
const PICTURE = { width: 512, height: 768, steps: 60 };
/** A cancel comes at any moment of so many milliseconds behind the begin. */
const WITHIN_MS = 1_500;

/** Milliseconds from a user's cancel to the interrupt at Forge, and those of a bare round trip. */
async function cancelOne(box: LiveBox): Promise<{ ours: number; bare: number }> {
  const bare = await box.bareMs();
  const from = (await box.forge.jobs()).length;
  const id = await box.submit(PICTURE);
  await box.reachRun("the job began", from, ({ beginAt }) => beginAt !== null);
  await sleep(Math.random() * WITHIN_MS);
  const startedAt = epochMs();
  await box.far.call("cancelJob", { params: { id } });
  const run = await box.reachRun("the interrupt came", from, (one) => one.interruptedAt !== null);
  await box.reach(id, "cancelled");
  return { ours: (run.interruptedAt ?? Number.NaN) - startedAt, bare };
}

/** Holds the way of a cancel to Forge's interrupt against a bare round trip. */
export async function benchCancel(samples: number): Promise<Measure[]> {
  const box = await startLiveBox({ timeScale: 1 });
  try {
    await cancelOne(box);
    const times: { ours: number; bare: number }[] = [];
    while (times.length < samples) times.push(await cancelOne(box));
    const ours = times.map((time) => time.ours);
    const ratio = ratioOf(
      ours,
      times.map((time) => time.bare),
    );
    return [
      atMost("cancel to interrupt / a round trip", ratio.median, ROUND_TRIPS_MAX, showRatio(ratio)),
      { name: "  time", value: `${median(ours).toFixed(0)} ms` },
    ];
  } finally {
    await box.stop();
  }
}
