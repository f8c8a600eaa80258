import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, it } from "vitest";
import { findServer } from "../../src/storage/servers.ts";
import { hubOf, joinHub, openBox, until } from "../support/workerd/live-socket.ts";
import type { TestAgent } from "../support/workerd/new-agent.ts";

const leftAtOf = async ({ queue, alias }: TestAgent) =>
  (await findServer(queue.ctx.db, alias))?.leftAt;

const isThere = async ({ queue, alias }: TestAgent) =>
  (await queue.ctx.hubs.look(alias)).isAgentThere;

/** Closes a socket and waits until the hub has seen that its agent is gone. */
async function leave(agent: TestAgent, socket: Awaited<ReturnType<typeof joinHub>>, code: number) {
  socket.close(code);
  await socket.ended();
  let isGone = false;
  await until("the agent gone", () => {
    void isThere(agent).then((there) => {
      isGone = !there;
    });
    return isGone;
  });
}

it("notes when an agent was last there that lost its socket and does not come back", async () => {
  const { agent } = await openBox();
  const before = Date.now();
  const socket = await joinHub(agent);
  await socket.next("watchers");
  await leave(agent, socket, 4_000);
  expect(await leftAtOf(agent)).toBe(null);
  expect(await runDurableObjectAlarm(hubOf(agent))).toBe(true);
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
  await runDurableObjectAlarm(hubOf(agent));
  expect(await leftAtOf(agent)).toBe(null);
});
