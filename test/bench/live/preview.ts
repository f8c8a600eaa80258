import type { LiveEvent } from "@mobilesd/contract";
import { interleave, median, ratioOf, showRatio } from "../ratio.ts";
import { atMost, type Measure } from "../report.ts";
import { type LiveBox, type Picture, startLiveBox } from "./box.ts";
import { type Watcher, watch } from "./watcher.ts";

const ROUND_TRIPS_MAX = 5;
const SIZE_RATIO_MAX = 1.1;
/** Under grain these make PNGs of 1 and of 20 megabytes. */
const SMALL = { width: 608, height: 608, steps: 4 };
const LARGE = { width: 2688, height: 2720, steps: 4 };

const isFinal = (event: LiveEvent, id: string) =>
  event.type === "preview" && event.mobilesd_job_id === id && event.index === 1;

/** Milliseconds from the last byte of Forge's answer until a watcher far away has the finished picture small. */
async function seenMs(box: LiveBox, watcher: Watcher, picture: Picture): Promise<number> {
  const from = (await box.forge.jobs()).length;
  const id = await box.submit(picture);
  const seen = await watcher.first("the finished picture", (event) => isFinal(event, id));
  const run = await box.reachRun("the answer is sent", from, ({ answeredAt }) => !!answeredAt);
  await box.reach(id, "completed");
  return seen.at - (run.answeredAt ?? Number.NaN);
}

/** Holds the time until a finished picture is seen against a round trip, and that of a large one against a small one. */
export async function benchPreview(rounds: number): Promise<Measure[]> {
  const box = await startLiveBox({ timeScale: 0.01, hasGrain: true });
  const watcher = await watch(box.proxy.url, box.queue.ownerKey);
  try {
    const variants = {
      small: () => seenMs(box, watcher, SMALL),
      large: () => seenMs(box, watcher, LARGE),
      bare: () => box.bareMs(),
    };
    await interleave(1, variants);
    const { small, large, bare } = await interleave(rounds, variants);
    const held = (name: string, ours: readonly number[]) => {
      const ratio = ratioOf(ours, bare);
      return atMost(name, ratio.median, ROUND_TRIPS_MAX, showRatio(ratio));
    };
    const bySize = ratioOf(large, small);
    return [
      held("Forge's last byte to a watcher's picture / a round trip, 1 MB", small),
      held("  the same, 20 MB", large),
      atMost("  20 MB / 1 MB", bySize.median, SIZE_RATIO_MAX, showRatio(bySize)),
      {
        name: "  time: 1 MB, 20 MB, a round trip",
        value: [small, large, bare].map((ms) => `${median(ms).toFixed(0)} ms`).join(", "),
      },
    ];
  } finally {
    watcher.close();
    await box.stop();
  }
}
