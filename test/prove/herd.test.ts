import { afterAll, beforeAll, expect, it } from "vitest";
import { createHubLink, type HubLink } from "../../tunnel-agent/src/live/hub-link.ts";
import type { Log } from "../../tunnel-agent/src/log.ts";
import { PATIENT } from "../support/box/durations.ts";
import { newAgents } from "../support/box/new-keys.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { seededRandom } from "../support/box/seeded.ts";
import { until } from "../support/box/until.ts";
import { countWrittenRows, type TakeWrites } from "../support/box/written-rows.ts";

const AGENTS = 100;
/** Long enough to see how the tries lie in it, and short enough to wait for; no line dies of a busy machine. */
const DURATIONS = { ...PATIENT, reconnectSpreadMs: 3_000, socketStableMs: 1 };
const PEAK_OVER_MEAN_MAX = 3;

let queue: Queue;
let links: HubLink[];
let takeWrites: TakeWrites;
/** For each agent: after how many milliseconds it meant to try again, whenever its socket was lost. */
let plans: number[][];

/** A log that keeps what an agent plans. */
function planLog(plan: number[]): Log {
  const ignore = () => undefined;
  const debug: Log["debug"] = ({ retry_ms }) => {
    if (typeof retry_ms === "number") plan.push(retry_ms);
  };
  return { debug, info: ignore, warn: ignore, error: ignore };
}

async function openLinks(): Promise<HubLink[]> {
  const aliases = Array.from({ length: AGENTS }, (_, at) => `box-${at}`);
  const agents = await newAgents(queue, aliases);
  plans = aliases.map(() => []);
  return agents.map(({ key, sessionId }, at) => {
    const link = createHubLink({
      url: queue.worker.url,
      ...key,
      durations: () => DURATIONS,
      now: () => performance.now(),
      random: seededRandom(at),
      log: planLog(plans[at] ?? []),
    });
    link.open(sessionId);
    return link;
  });
}

const allUp = () => until("all sockets stand", () => links.every((link) => link.isUp()), 30_000);

beforeAll(async () => {
  queue = await startQueue(DURATIONS);
  takeWrites = await countWrittenRows(queue.worker);
  links = await openLinks();
  await allUp();
  for (const plan of plans) plan.length = 0;
}, 60_000);

afterAll(async () => {
  for (const link of links) link.close();
  await queue.stop();
});

/** How many of some moments lie in each tenth of the spread. */
function countByTenth(moments: readonly number[]): number[] {
  const tenthMs = DURATIONS.reconnectSpreadMs / 10;
  return Array.from(
    { length: 10 },
    (_, tenth) => moments.filter((ms) => Math.floor(ms / tenthMs) === tenth).length,
  );
}

it("a hundred agents come back after a restart one by one, and no row is written for it", async () => {
  expect(await takeWrites()).toMatchObject({ servers: AGENTS });
  const pid = queue.worker.workerdPid();
  if (pid === null) throw new Error("The runtime does not run");
  process.kill(pid, "SIGKILL");
  await until("all sockets are lost", () => plans.every((plan) => plan.length > 0));
  // When each means to try for the first time: what a busy machine makes of it is another matter.
  const tries = countByTenth(plans.map(([first]) => first ?? Number.NaN));
  const mean = AGENTS / tries.length;
  expect(tries.reduce((sum, count) => sum + count, 0)).toBe(AGENTS);
  expect(Math.max(...tries) / mean).toBeLessThan(PEAK_OVER_MEAN_MAX);
  await allUp();
  expect(await takeWrites()).toEqual({});
});
