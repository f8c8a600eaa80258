import diagnostics from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { FAST, PATIENT } from "../support/box/durations.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { type Watcher, watchServer } from "../support/box/watcher.ts";
import { countWrittenRows, type TakeWrites } from "../support/box/written-rows.ts";

/** Ten minutes, as much faster as everything else. */
const IDLE_MS = 600_000 / 50;

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;
let watcher: Watcher;
let takeWrites: TakeWrites;
/** What anybody in this process asked of the Worker over HTTP. */
const asked: string[] = [];

function note(message: unknown): void {
  const { request } = message as { request: { origin?: unknown; method: string; path: string } };
  // Under this path the runtime hands its database to the tests.
  const isOurs =
    String(request.origin) === queue.worker.url && !request.path.startsWith("/cdn-cgi/");
  if (isOurs) asked.push(`${request.method} ${request.path}`);
}

beforeAll(async () => {
  // No line dies of a busy machine: what is counted is what happens while all is well.
  const { hubPongLimitMs, agentSilentAfterMs, watcherPingMs } = PATIENT;
  const durations = { ...FAST, hubPongLimitMs, agentSilentAfterMs, watcherPingMs };
  [queue, forge] = await Promise.all([startQueue(durations), startDemoForge({ timeScale: 0.01 })]);
  takeWrites = await countWrittenRows(queue.worker);
  diagnostics.subscribe("undici:request:create", note);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  await until("the agent is connected", () => agent.view().queue === "connected");
  await queue.reach(await queue.submit(), "completed");
  watcher = await watchServer(queue.worker.url, queue.ownerKey, ALIAS);
});

afterAll(async () => {
  diagnostics.unsubscribe("undici:request:create", note);
  watcher.stop();
  agent.stop.stopNow();
  await agent.end;
  await forge.stop();
  await queue.stop();
});

it("ten idle minutes write no row and ask for nothing, with the minute's sweep and somebody watching", async () => {
  // Forge's lists are read again after a model's first run, and told if they changed.
  await until("the work is over", async () => {
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, FAST.catalogueRefreshMs / 4));
    return asked.length === before;
  });
  expect(asked.length).toBeGreaterThan(5);
  expect(Object.keys(await takeWrites())).toContain("jobs");
  const heard = watcher.heard.length;
  asked.length = 0;
  for (let minute = 0; minute < 10; minute++) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS / 10));
    await queue.sweep();
  }
  expect(asked).toEqual([]);
  expect(await takeWrites()).toEqual({});
  expect(watcher.heard).toHaveLength(heard);
  expect(agent.view().queue).toBe("connected");
  // And yet all are awake at once.
  await queue.reach(await queue.submit(), "completed");
});
