import { setTimeout as sleep } from "node:timers/promises";
import { DURATIONS, type Durations } from "@mobilesd/contract";
import { rowsWritten } from "../counts.ts";
import { atMost, type Measure } from "../report.ts";
import { startLiveBox } from "./box.ts";
import { showKinds } from "./kinds.ts";

const REQUESTS_MAX = 30;
const DAY_MS = 86_400_000;
const DIVISOR = 2_880;
/** A ping is answered by the platform and is no request. It keeps an unhurried pace. */
const PINGS: Partial<Durations> = {
  hubPingMs: 5_000,
  hubPongLimitMs: 5_000,
  agentSilentAfterMs: 12_000,
};
/** For some seconds an agent that has just come looks closer at its Forge, whatever the durations. */
const REST_MS = 12_000;
const MINUTE_CRON = "* * * * *";
const NIGHTLY_CRON = "17 3 * * *";

function dividedDurations(): Durations {
  const divided = Object.entries(DURATIONS).map(([name, ms]) => [name, Math.max(1, ms / DIVISOR)]);
  return { ...(Object.fromEntries(divided) as unknown as Durations), ...PINGS };
}

/** Counts what an agent that has nothing to do costs in a day, every duration divided. */
export async function benchIdle(): Promise<Measure[]> {
  const box = await startLiveBox({ timeScale: 0.001, durations: dividedDurations() });
  const { queue } = box;
  try {
    // What the set-up left behind is taken away, and an agent that has just come has told what it has to tell.
    await queue.worker.runScheduled(NIGHTLY_CRON);
    await sleep(REST_MS);
    await queue.countAll(true);
    const endsAt = performance.now() + DAY_MS / DIVISOR;
    // The crons of a day, at their pace or as quickly as they go.
    for (let at = 0; performance.now() < endsAt; at++) {
      await queue.worker.runScheduled(at === 0 ? NIGHTLY_CRON : MINUTE_CRON);
      await sleep(60_000 / DIVISOR);
    }
    const counts = await queue.countAll(false);
    const requests = counts.requests.length;
    const written = rowsWritten(counts);
    return [
      atMost("requests of an idle agent in a day", requests, REQUESTS_MAX, String(requests)),
      { name: "  of them", value: showKinds(counts.requests) },
      atMost("  rows that D1 wrote", written, 0, String(written)),
    ];
  } finally {
    await box.stop();
  }
}
