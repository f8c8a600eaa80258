import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { DURATIONS } from "@mobilesd/contract";
import { afterEach, expect, it, vi } from "vitest";
import { findServer } from "../../src/storage/servers.ts";
import { hubOf, joinHub, openBox } from "../support/workerd/live-socket.ts";
import type { TestAgent } from "../support/workerd/new-agent.ts";

afterEach(() => {
  vi.useRealTimers();
});

const leftAtOf = async ({ queue, alias }: TestAgent) =>
  (await findServer(queue.ctx.db, alias))?.leftAt;

const isThere = async ({ queue, alias }: TestAgent) =>
  (await queue.ctx.hubs.look(alias)).isAgentThere;

/** Closes a socket and waits until the hub has seen that its agent is gone. */
async function leave(agent: TestAgent, socket: Awaited<ReturnType<typeof joinHub>>, code: number) {
  socket.close(code);
  await socket.ended();
  await vi.waitUntil(async () => !(await isThere(agent)));
}

/** Lets the hub's alarm ring now, once it is set. */
const ring = (agent: TestAgent) => vi.waitUntil(() => runDurableObjectAlarm(hubOf(agent)));

it("notes when an agent was last there that lost its socket and does not come back", async () => {
  const { agent } = await openBox();
  const before = Date.now();
  const socket = await joinHub(agent);
  await socket.next("watchers");
  await leave(agent, socket, 4_000);
  expect(await leftAtOf(agent)).toBe(null);
  await ring(agent);
  const leftAt = await leftAtOf(agent);
  expect(leftAt).toBeGreaterThanOrEqual(before);
  expect(leftAt).toBeLessThanOrEqual(Date.now());
});

it("writes nothing of an agent whose socket broke and that is back in time", async () => {
  const { agent } = await openBox();
  const socket = await joinHub(agent);
  await socket.next("watchers");
  await leave(agent, socket, 4_000);
  const again = await joinHub(agent);
  await again.next("watchers");
  await ring(agent);
  expect(await leftAtOf(agent)).toBe(null);
  // Nor later, when it is away once more and nobody has seen since when.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DURATIONS.agentSilentAfterMs });
  await runInDurableObject(hubOf(agent), (_, state) => state.storage.setAlarm(Date.now() + 60_000));
  await ring(agent);
  expect(await leftAtOf(agent)).toBe(null);
});
