import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { DURATIONS, HUB_CLOSE } from "@mobilesd/contract";
import { afterEach, expect, it, vi } from "vitest";
import { findServer } from "../../src/storage/servers.ts";
import { hubOf, joinHub, openBox, until, watch } from "../support/workerd/live-socket.ts";
import type { TestAgent } from "../support/workerd/new-agent.ts";

const PATIENCE_MS = 2 * DURATIONS.reconnectSpreadMs;

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the time of day, as the hub reads it. */
function passTime(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

const leftAtOf = async ({ queue, alias }: TestAgent) =>
  (await findServer(queue.ctx.db, alias))?.leftAt ?? null;

const isThere = async ({ queue, alias }: TestAgent) =>
  (await queue.ctx.hubs.look(alias)).isAgentThere;

/** Opens an agent's socket long after the agent was seen in any other way. */
async function joinLate(agent: TestAgent) {
  await agent.queue.ctx.db.$client
    .prepare("UPDATE servers SET last_seen_at = ? WHERE alias = ?")
    .bind(Date.now() - 3 * DURATIONS.serverAbsentAfterMs, agent.alias)
    .run();
  const socket = await joinHub(agent);
  await socket.next("mode");
  return socket;
}

/** Closes a socket and waits until the hub has seen that its agent is gone. */
async function leave(agent: TestAgent, socket: Awaited<ReturnType<typeof joinHub>>, code: number) {
  socket.close(code);
  await socket.ended();
  await until("that it is gone", async () => !(await isThere(agent)));
}

/** Lets the hub's alarm ring now, once it is set. */
const ring = (agent: TestAgent) => until("the alarm", () => runDurableObjectAlarm(hubOf(agent)));

const alarmOf = (agent: TestAgent) =>
  runInDurableObject(hubOf(agent), (_, { storage }) => storage.getAlarm());

it("notes when an agent was last there that lost its socket and does not come back, after its patience", async () => {
  const { agent } = await openBox();
  const before = Date.now();
  const socket = await joinLate(agent);
  await leave(agent, socket, 4_000);
  const after = Date.now();
  const alarm = await alarmOf(agent);
  expect(alarm).toBeGreaterThanOrEqual(before + PATIENCE_MS);
  expect(alarm).toBeLessThanOrEqual(after + PATIENCE_MS);
  // An alarm for something else, meanwhile, ends no patience.
  passTime(PATIENCE_MS / 2);
  await ring(agent);
  expect([await leftAtOf(agent), await alarmOf(agent)]).toEqual([null, alarm]);
  passTime(PATIENCE_MS);
  await ring(agent);
  const leftAt = await leftAtOf(agent);
  expect(leftAt).toBeGreaterThanOrEqual(before);
  expect(leftAt).toBeLessThanOrEqual(after);
});

it("writes nothing of an agent whose socket broke and that is back in time", async () => {
  const { agent } = await openBox();
  await leave(agent, await joinLate(agent), 4_000);
  await joinLate(agent);
  passTime(PATIENCE_MS);
  await ring(agent);
  expect(await leftAtOf(agent)).toBe(null);
});

it("finds an agent that is gone without a word, tells those who watch, and notes when it last showed life", async () => {
  const { agent, owner, queue } = await openBox();
  const socket = await joinLate(agent);
  const before = Date.now();
  const watcher = await watch(queue, agent.alias, owner.auth);
  expect(await watcher.next("server")).toMatchObject({ is_present: true });
  expect(await alarmOf(agent)).toBeLessThanOrEqual(before + DURATIONS.agentSilentAfterMs);
  passTime(DURATIONS.agentSilentAfterMs);
  await ring(agent);
  expect(await socket.ended()).toBe(HUB_CLOSE.expired);
  await until("its absence", () => watcher.of("server").at(-1)?.is_present === false);
  expect(await leftAtOf(agent)).toBeLessThanOrEqual(before);
});

it("finds it by a look as well, and when nobody watches in an hour", async () => {
  const { agent } = await openBox();
  const socket = await joinLate(agent);
  expect(await alarmOf(agent)).toBeLessThanOrEqual(Date.now() + DURATIONS.claimBackstopMs);
  const before = Date.now();
  passTime(3 * 86_400_000);
  expect(await isThere(agent)).toBe(false);
  await ring(agent);
  expect(await socket.ended()).toBe(HUB_CLOSE.expired);
  expect(await leftAtOf(agent)).toBeLessThanOrEqual(before);
  expect(await leftAtOf(agent)).toBeGreaterThan(before - 5_000);
});

it("notes of an agent that did not come back after a deploy that it is away", async () => {
  const { agent } = await openBox();
  const seenAt = Date.now() - 1_000;
  await leave(agent, await joinLate(agent), 1_000);
  // Nobody has patience with a goodbye: the alarm is due at once, and may have rung by itself.
  await until("the note of its goodbye", async () => {
    await runDurableObjectAlarm(hubOf(agent));
    return (await leftAtOf(agent)) !== null;
  });
  // What a hub finds that is rebuilt without the sockets it had.
  await runInDurableObject(hubOf(agent), async (_, { storage }) => {
    storage.kv.put("agent", { seenAt: seenAt + 60_000, backBy: null });
    await storage.deleteAlarm();
  });
  expect(await isThere(agent)).toBe(false);
  passTime(PATIENCE_MS);
  await ring(agent);
  expect(await leftAtOf(agent)).toBe(seenAt + 60_000);
});

it("keeps up to date when it last saw an agent that stays, in its own storage alone", async () => {
  const { agent, queue } = await openBox();
  const socket = await joinLate(agent);
  passTime(DURATIONS.serverSeenResolutionMs);
  socket.send({ type: "box", forge: "ready", free_vram_bytes: 5, loaded_checkpoint: null });
  await until("its box", async () => (await queue.ctx.hubs.look(agent.alias)).box !== null);
  const mark = await runInDurableObject(hubOf(agent), (_, { storage }) => storage.kv.get("agent"));
  expect(mark).toEqual({ seenAt: Date.now(), backBy: null });
  expect(await leftAtOf(agent)).toBe(null);
});

it("sees that an agent went which said goodbye with a code that nobody may use", async () => {
  const { agent } = await openBox();
  const socket = await joinLate(agent);
  await runInDurableObject(hubOf(agent), async (hub, state) => {
    const [end] = state.getWebSockets("agent");
    if (end) await hub.webSocketClose(end, 5_000);
  });
  expect(await socket.ended()).toBe(1_000);
  expect(await alarmOf(agent)).toBeLessThanOrEqual(Date.now() + PATIENCE_MS);
});
