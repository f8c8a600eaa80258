import { setTimeout as sleep } from "node:timers/promises";
import { type Counts, rowsWritten } from "../counts.ts";
import { median } from "../ratio.ts";
import { atMost, type Measure } from "../report.ts";
import { type LiveBox, startLiveBox } from "./box.ts";
import { showKinds } from "./kinds.ts";
import { watch } from "./watcher.ts";

const REQUESTS_MAX = 6;
const ROWS_MAX = 10;
const CPU_SHARE_MAX = 0.01;
/** Some 20 s on the demo's card. */
const PICTURE = { width: 512, height: 768, steps: 115 };
const WARM_JOBS = 15;
/** The agent comes to rest, and leaves the pace of somebody who had work a moment ago. */
const REST_MS = 2_000;

const isRenewal = (request: string) => request.endsWith("/heartbeat");
/** Somebody who watches costs one request an hour. */
const isWatch = (request: string) => request.endsWith("/events");

interface JobCost {
  readonly counts: Counts;
  /** Requests of submitter and agent, without renewals of the lease. */
  readonly requests: readonly string[];
  /** Of the time that the job held the lock. */
  readonly cpuShare: number;
  readonly progressHeard: number;
}

/** One job with everything that the queue did for it, from the submit until nothing moves any more. */
async function costOf(box: LiveBox, isWatched: boolean): Promise<JobCost> {
  const { queue, agent, forge } = box;
  const watcher = isWatched ? await watch(box.proxy.url, queue.ownerKey) : null;
  await sleep(REST_MS);
  const from = (await forge.jobs()).length;
  const cpuBefore = agent.cpuMs();
  await queue.countAll(true);
  await box.submit(PICTURE);
  // Nobody asks for the status: it would be counted.
  const run = await box.reachRun("the answer is sent", from, ({ answeredAt }) => !!answeredAt);
  await sleep(REST_MS);
  const counts = await queue.countAll(false);
  const ranMs = (run.endAt ?? Number.NaN) - (run.beginAt ?? Number.NaN);
  const cpuShare = (agent.cpuMs() - cpuBefore) / ranMs;
  const progressHeard = watcher?.heard.filter(({ event }) => event.type === "progress").length ?? 0;
  watcher?.close();
  if (!counts.requests.some((request) => request.endsWith("/complete"))) {
    throw new Error("The job was not completed in time");
  }
  const requests = counts.requests.filter((one) => !isRenewal(one) && !isWatch(one));
  return { counts, requests, cpuShare, progressHeard };
}

const showPercent = (share: number) => `${(share * 100).toFixed(2)} %`;

function cpuMeasure(name: string, costs: readonly JobCost[]): Measure {
  const shares = costs.map(({ cpuShare }) => cpuShare);
  const shown = `${showPercent(median(shares))} (${shares.map(showPercent).join(", ")})`;
  return { ...atMost(name, median(shares), CPU_SHARE_MAX, shown), goal: "≤ 1 %" };
}

/** Counts what a job of 20 s costs, watched at 2 Hz and not. */
export async function benchJobCost(rounds: number): Promise<Measure[]> {
  const box = await startLiveBox({ timeScale: 1 });
  try {
    // Loads the model, notes what is noted once an hour, and has the engine compile what an agent of some days has.
    for (let job = 0; job < WARM_JOBS; job++) {
      await box.reach(await box.submit({ ...PICTURE, steps: 1 }), "completed");
    }
    const watched: JobCost[] = [];
    const unwatched: JobCost[] = [];
    for (let round = 0; round < rounds; round++) {
      unwatched.push(await costOf(box, false));
      watched.push(await costOf(box, true));
    }
    const most = (costs: readonly JobCost[], of: (cost: JobCost) => number) =>
      Math.max(...costs.map(of));
    const requests = most(watched, (cost) => cost.requests.length);
    const written = most(watched, ({ counts }) => rowsWritten(counts));
    const heard = median(watched.map(({ progressHeard }) => progressHeard));
    const [first] = watched;
    return [
      atMost("requests of a watched job of 20 s", requests, REQUESTS_MAX, String(requests)),
      { name: "  of them", value: showKinds(first?.requests ?? []) },
      { name: "  progress that the watcher heard", value: String(heard) },
      atMost("  rows that D1 wrote", written, ROWS_MAX, String(written)),
      cpuMeasure("the agent's processor time / the job's time", unwatched),
      cpuMeasure("  the same while somebody watches", watched),
    ];
  } finally {
    await box.stop();
  }
}
