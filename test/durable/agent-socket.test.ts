import { HUB_CLOSE } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { joinHub, until, watch } from "../support/workerd/live-socket.ts";
import { newAgent } from "../support/workerd/new-agent.ts";
import { newOwner } from "../support/workerd/new-owner.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

async function openBox() {
  const queue = openQueue({ hubs: "real" });
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  return { queue, owner, agent };
}

it("tells an agent that connects how it is to behave, and how many watch", async () => {
  const { queue, owner, agent } = await openBox();
  const socket = await joinHub(agent);
  expect(await socket.next("mode")).toEqual({ type: "mode", mode: "active" });
  expect(await socket.next("watchers")).toEqual({ type: "watchers", count: 0 });
  const [first, second] = [
    await watch(queue, agent.alias, owner.auth),
    await watch(queue, agent.alias, owner.auth),
  ];
  await socket.next("watchers", ({ count }) => count === 1);
  first.close();
  expect(await first.ended()).toBe(1000);
  second.close();
  await until("the last one going", () => socket.of("watchers").length === 3);
  expect(socket.of("watchers").map(({ count }) => count)).toEqual([0, 1, 0]);
});

it("rings the agent, and says whether it was there to hear it", async () => {
  const { queue, agent } = await openBox();
  const ring = () => queue.ctx.hubs.tell(agent.alias, { toAgent: [{ type: "work" }] });
  expect(await ring()).toEqual({ isAgentThere: false });
  const socket = await joinHub(agent);
  expect(await ring()).toEqual({ isAgentThere: true });
  await socket.next("work");
});

it("lets the newest session of an agent win, and one socket of each session", async () => {
  const { agent } = await openBox();
  const first = await joinHub(agent);
  const again = await joinHub(agent);
  expect(await first.ended()).toBe(HUB_CLOSE.replaced);
  await agent.hello();
  const newer = await joinHub(agent);
  await again.next("superseded");
  expect(await again.ended()).toBe(HUB_CLOSE.superseded);
  expect(newer.closed).toBe(null);
});
