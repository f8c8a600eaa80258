import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { type DelayProxy, startDelayProxy } from "../support/box/delay-proxy.ts";
import { fasterBy } from "../support/box/durations.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

/** Ten times as fast as in life: still slow enough to tell 45 seconds from 46 on a busy machine. */
const DIVISOR = 10;
const FOUND_WITHIN_MS = 45_000 / DIVISOR;
/** A polling agent asks at least this often. */
const DURATIONS = fasterBy(DIVISOR);

let queue: Queue;
let forge: DemoForge;
let proxy: DelayProxy;
let agent: TestAgent;

beforeEach(async () => {
  [queue, forge] = await Promise.all([startQueue(DURATIONS), startDemoForge({ timeScale: 0.02 })]);
  proxy = await startDelayProxy(queue.worker.url, 0);
});

afterEach(async () => {
  agent.stop.stopNow();
  await agent.end;
  await proxy.stop();
  await forge.stop();
  await queue.stop();
});

const start = () => {
  agent = startAgent({ url: proxy.url, key: queue.agentKey, forgeUrl: forge.url });
};
const linkIs = (state: "connected" | "polling") =>
  until(`the agent is ${state}`, () => agent.view().queue === state);
const isConnected = async () => {
  const { servers } = await queue.owner.call("listServers", {});
  return servers[0]?.is_connected;
};

describe("a socket whose line died without a word", () => {
  it("is found within 45 s by the agent, and a job that was queued meanwhile is drawn", async () => {
    start();
    await linkIs("connected");
    await queue.reach(await queue.submit(), "completed");
    proxy.loseInSilence("sockets");
    const lostAt = performance.now();
    const asked = proxy.socketsAsked();
    const id = await queue.submit();
    await until("another socket is asked for", () => proxy.socketsAsked() > asked);
    expect(performance.now() - lostAt).toBeLessThan(FOUND_WITHIN_MS);
    await queue.reach(id, "completed");
    await linkIs("connected");
    expect(forge.jobs).toHaveLength(2);
  });

  it("is found by the hub as well: nobody takes the box for connected that is gone", async () => {
    start();
    await linkIs("connected");
    expect(await isConnected()).toBe(true);
    proxy.setSilent(true);
    const lostAt = performance.now();
    await until("it is seen as gone", async () => (await isConnected()) === false);
    expect(performance.now() - lostAt).toBeLessThan(FOUND_WITHIN_MS + DURATIONS.hubPingMs);
    proxy.setSilent(false);
    proxy.cut("all");
    await linkIs("connected");
  });
});

describe("a network that lets no socket through", () => {
  beforeEach(async () => {
    proxy.refuseSockets(403);
    start();
    await until("the agent met the queue", () => agent.view().serverAlias === ALIAS);
  });

  it("draws every job all the same, by polling", async () => {
    const ids = [await queue.submit(), await queue.submit(), await queue.submit()];
    for (const id of ids) await queue.reach(id, "completed");
    expect(agent.view().queue).toBe("polling");
    expect(proxy.socketsAsked()).toBeGreaterThan(0);
    expect(await isConnected()).toBe(false);
    const { servers } = await queue.owner.call("listServers", {});
    expect(servers[0]).toMatchObject({ is_present: true, mode: "active" });
  });

  it("brings a cancel to the running job by its heartbeat, and the next one is whole", async () => {
    const long = await queue.submit({ width: 1024, height: 1024, steps: 150 });
    const next = await queue.submit();
    await until("it is drawn", () => (forge.jobs.at(-1)?.stepsDone ?? 0) > 1);
    await queue.owner.call("cancelJob", { params: { id: long } });
    expect((await queue.reach(long, "cancelled")).status_reason).toBe("user_cancelled");
    expect(forge.jobs.find(({ isInterrupted }) => isInterrupted)?.taskId).toBeDefined();
    await queue.reach(next, "completed");
  });

  it("brings every order to the box: pause, resume, drain", async () => {
    const order = (name: "pauseServer" | "resumeServer" | "drainServer") =>
      queue.owner.call(name, { params: { alias: ALIAS } });
    expect((await order("pauseServer")).is_heard).toBe(false);
    await until("it heard of the pause", () => agent.view().mode === "paused");
    const id = await queue.submit();
    expect((await queue.status(id)).status_reason).toBe("paused");
    await order("resumeServer");
    await queue.reach(id, "completed");
    await order("drainServer");
    await until("it heard of the drain", () => agent.view().mode === "draining");
    expect(forge.jobs).toHaveLength(1);
  });
});
