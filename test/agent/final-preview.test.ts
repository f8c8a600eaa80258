import { afterEach, beforeEach, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { type FaultyProxy, startFaultyProxy } from "../support/box/faulty-proxy.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { type Watcher, watchServer } from "../support/box/watcher.ts";

let queue: Queue;
let forge: DemoForge;
let proxy: FaultyProxy;
let agent: TestAgent;
let watcher: Watcher;

beforeEach(async () => {
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.05 })]);
  proxy = await startFaultyProxy(queue.worker.url, { passesSockets: true });
  agent = startAgent({ url: proxy.url, key: queue.agentKey, forgeUrl: forge.url });
  watcher = await watchServer(queue.worker.url, queue.ownerKey, ALIAS);
});

afterEach(async () => {
  watcher.stop();
  agent.stop.stopNow();
  await agent.end;
  await proxy.stop();
  await forge.stop();
  await queue.stop();
});

it("a finished picture is seen by who watches before the first byte of it is uploaded", async () => {
  const upload = Promise.withResolvers<void>();
  proxy.once("/previews/1", { after: upload.promise });
  const id = await queue.submit();
  await until("the finished picture is shown", () =>
    watcher.about(id).find((event) => event.type === "preview" && event.index === 1),
  );
  expect(proxy.seen.filter((path) => path.endsWith("/images/1"))).toEqual([]);
  expect((await queue.status(id)).status).toBe("processing");
  upload.resolve();
  expect((await queue.reach(id, "completed")).images).toHaveLength(1);
});
