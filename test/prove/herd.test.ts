import { afterAll, beforeAll, expect, it } from "vitest";
import { createHubLink, type HubLink } from "../../tunnel-agent/src/live/hub-link.ts";
import { type DelayProxy, startDelayProxy } from "../support/box/delay-proxy.ts";
import { FAST } from "../support/box/durations.ts";
import { newAgents } from "../support/box/new-keys.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { seededRandom } from "../support/box/seeded.ts";
import { until } from "../support/box/until.ts";
import { countWrittenRows, type TakeWrites } from "../support/box/written-rows.ts";

const AGENTS = 100;
/** Long enough to see how the tries lie in it, and short enough to wait for; no line dies of a busy machine. */
const DURATIONS = {
  ...FAST,
  ...{ hubPingMs: 20_000, hubPongLimitMs: 20_000, agentSilentAfterMs: 45_000 },
  reconnectSpreadMs: 3_000,
  socketStableMs: 1,
};
const BUCKET_MS = 300;
const PEAK_OVER_MEAN_MAX = 3;

let queue: Queue;
let proxy: DelayProxy;
let links: HubLink[];
let takeWrites: TakeWrites;

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function openLinks(): Promise<HubLink[]> {
  const aliases = Array.from({ length: AGENTS }, (_, at) => `box-${at}`);
  const agents = await newAgents(queue, aliases);
  return agents.map(({ key, sessionId }, at) => {
    const link = createHubLink({
      url: proxy.url,
      ...key,
      durations: () => DURATIONS,
      now: () => performance.now(),
      random: seededRandom(at),
      log: quiet,
    });
    link.open(sessionId);
    return link;
  });
}

const allUp = () => until("all sockets stand", () => links.every((link) => link.isUp()), 30_000);

beforeAll(async () => {
  queue = await startQueue(DURATIONS);
  proxy = await startDelayProxy(queue.worker.url, 0);
  takeWrites = await countWrittenRows(queue.worker);
  links = await openLinks();
  await allUp();
}, 60_000);

afterAll(async () => {
  for (const link of links) link.close();
  await proxy.stop();
  await queue.stop();
});

/** How many sockets are asked for in each bucket of the spread, from now on. */
async function countTries(): Promise<number[]> {
  const tries: number[] = [];
  let before = proxy.socketsAsked();
  const startedAt = performance.now();
  for (let bucket = 1; bucket * BUCKET_MS <= DURATIONS.reconnectSpreadMs; bucket++) {
    const waitMs = startedAt + bucket * BUCKET_MS - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    tries.push(proxy.socketsAsked() - before);
    before = proxy.socketsAsked();
  }
  return tries;
}

it("a hundred agents come back after a restart one by one, and no row is written for it", async () => {
  expect(await takeWrites()).toMatchObject({ servers: expect.any(Number) });
  const pid = queue.worker.workerdPid();
  if (pid === null) throw new Error("The runtime does not run");
  process.kill(pid, "SIGKILL");
  await until("all sockets are lost", () => links.every((link) => !link.isUp()));
  const tries = await countTries();
  const mean = tries.reduce((sum, count) => sum + count, 0) / tries.length;
  expect(mean * tries.length).toBeGreaterThanOrEqual(AGENTS);
  expect(Math.max(...tries) / mean).toBeLessThan(PEAK_OVER_MEAN_MAX);
  await allUp();
  expect(await takeWrites()).toEqual({});
});
