import { DURATIONS, ROLES } from "@mobilesd/contract";
import { expect, it } from "vitest";
import type { HubLook } from "../../../src/domain/hub.ts";
import { findServer } from "../../../src/storage/servers.ts";
import { exampleJob } from "../../support/example-job.ts";
import { joinHub, openBox, submitJob, watch } from "../../support/workerd/live-socket.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { authOf, newKey, newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const CONNECTED: HubLook = { isAgentThere: true, box: null, runs: [] };

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue, "owner");
  const agent = await newAgent(queue, owner);
  const order = (verb: string, as: Record<string, string> = owner.auth, alias = agent.alias) =>
    queue.call("POST", `/api/v1/servers/${alias}/${verb}`, { as });
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    queue.now += 1;
    const json = exampleJob(agent.alias, changes);
    const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    return String(body.mobilesd_job_id);
  };
  const status = async (id: string) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  const heard = async () => {
    await queue.settle();
    return queue.hubs.tells.splice(0).map(({ news }) => news);
  };
  return { queue, owner, agent, order, submit, status, heard };
}

it("lets a paused server end what it runs, takes back what it has not begun, and loses nothing", async () => {
  const { queue, agent, order, submit, status, heard } = await open();
  const [running, taken, waiting] = [await submit(), await submit(), await submit()];
  const first = await agent.claim();
  await agent.start(first);
  const second = await agent.claim();
  await heard();
  queue.hubs.looks.set(agent.alias, CONNECTED);
  expect((await order("pause")).body).toEqual({
    alias: agent.alias,
    mode: "paused",
    held_jobs: 1,
    is_heard: true,
  });
  const [told, rows, ...more] = await heard();
  expect([told, more]).toEqual([{ hasOrders: true }, []]);
  const released = { mobilesd_job_id: taken, job: { status_reason: "paused" } };
  expect(rows).toMatchObject({ jobs: [{ epoch: 2, event: released }] });
  expect(rows?.toAgent).toBeUndefined();
  expect(await status(running)).toMatchObject({ status: "processing", status_reason: "running" });
  for (const id of [taken, waiting]) {
    expect(await status(id)).toMatchObject({ status: "pending", status_reason: "paused" });
  }
  expect((await agent.start(second)).body).toMatchObject({ code: "lease_lost" });
  expect((await agent.claimRaw()).body).toMatchObject({ job: null, has_more: false });
  await agent.finish(first);
  expect(await status(running)).toMatchObject({ status: "completed" });

  expect((await order("resume")).body).toMatchObject({ mode: "active", held_jobs: 0 });
  const last = (await heard()).at(-1);
  expect(last).toEqual({ hasOrders: true, toAgent: [{ type: "work" }] });
  const again = await agent.claim();
  expect(again).toMatchObject({ mobilesd_job_id: taken, attempt_count: 0 });
  await agent.finish(again);
  await agent.finish(await agent.claim());
  for (const id of [taken, waiting]) {
    expect(await status(id)).toMatchObject({ status: "completed", retry_count: 0 });
  }
});

it("tells of a pause before it looks for what is to be taken back, and by the row that has it already", async () => {
  const { queue, agent, order, submit, status } = await open();
  const id = await submit();
  await agent.claim();
  await queue.settle();
  const tell = queue.hubs.hubs.tell;
  let modeWhenTold: unknown;
  let hasLooked = false;
  queue.database.pauseBefore = async (sql) => {
    hasLooked ||= /lease_hash" is not null/.test(sql);
  };
  queue.hubs.hubs.tell = async (alias, news) => {
    if (news.hasOrders) {
      expect(hasLooked).toBe(false);
      const { mode } = (await findServer(queue.ctx.db, alias)) ?? {};
      modeWhenTold = mode;
    }
    return tell(alias, news);
  };
  await order("pause");
  expect(modeWhenTold).toBe("paused");
  expect(hasLooked).toBe(true);
  expect(await status(id)).toMatchObject({ status: "pending", status_reason: "paused" });
});

it("has told of a pause although what was taken back could not be shown", async () => {
  const { queue, agent, order, submit, heard } = await open();
  await submit();
  await agent.claim();
  await heard();
  queue.database.faultOf = (sql) => (/max\(lease_until\)/.test(sql) ? "before" : undefined);
  expect((await order("pause")).body).toMatchObject({ mode: "paused", held_jobs: 0 });
  expect(await heard()).toEqual([{ hasOrders: true }]);
});

it("takes back with a second pause what a first one did not come to", async () => {
  const { queue, agent, order, submit, status } = await open();
  const id = await submit();
  await agent.claim();
  queue.database.faultOf = (sql) => (/^update "jobs"/.test(sql) ? "before" : undefined);
  expect((await order("pause")).status).toBe(503);
  queue.database.faultOf = undefined;
  expect(await status(id)).toMatchObject({ status: "pending", status_reason: "assigned" });
  expect((await agent.claimRaw()).body).toMatchObject({ job: null });
  expect((await order("pause")).body).toMatchObject({ held_jobs: 0 });
  expect(await status(id)).toMatchObject({ status: "pending", status_reason: "paused" });
});

it("lets the agent and those who watch hear of each order at once, over the hub itself", async () => {
  const { queue, owner, agent } = await openBox();
  const manager = authOf(await newKey(queue, owner, ["servers:manage"]));
  const order = async (verb: string) => {
    const path = `/api/v1/servers/${agent.alias}/${verb}`;
    return (await queue.call("POST", path, { as: manager })).body;
  };
  const id = await submitJob(agent, owner);
  await agent.claim();
  await queue.settle();
  const socket = await joinHub(agent);
  const watcher = await watch(queue, agent.alias, owner.auth);
  expect(await order("pause")).toMatchObject({ is_heard: true, held_jobs: 0 });
  await socket.next("mode", ({ mode }) => mode === "paused");
  await watcher.next("server", ({ mode }) => mode === "paused");
  await watcher.next("job", ({ job }) => job?.status_reason === "paused");
  expect(socket.of("work")).toEqual([]);
  await order("resume");
  await socket.next("work");
  await watcher.next("server", ({ mode }) => mode === "active");
  await order("unload");
  await socket.next("unload");
  expect(await agent.claim()).toMatchObject({ mobilesd_job_id: id });
});

it("grants nothing once it is paused, not even to a claim of the same moment", async () => {
  const { queue, agent, order, submit, status } = await open();
  const ids = [await submit(), await submit(), await submit()];
  const [, ...claims] = await Promise.all([
    order("pause"),
    ...Array.from({ length: 6 }, () => agent.claimRaw()),
  ]);
  const granted = claims.flatMap(({ body }) => (body.job ? [body.job] : []));
  await queue.settle();
  for (const lease of granted) {
    expect((await agent.start(lease)).body).toMatchObject({ code: "lease_lost" });
  }
  for (const id of ids) {
    expect(await status(id)).toMatchObject({ status: "pending", status_reason: "paused" });
  }
});

it("lets a draining server finish all that it holds, and gives it no more", async () => {
  const { agent, order, submit, status } = await open();
  const [, , waiting = ""] = [await submit(), await submit(), await submit()];
  const held = [await agent.claim(), await agent.claim()];
  expect((await order("drain")).body).toMatchObject({ mode: "draining", held_jobs: 2 });
  expect((await agent.claimRaw()).body).toMatchObject({ job: null, orders: { mode: "draining" } });
  for (const lease of held) await agent.finish(lease);
  expect((await order("drain")).body).toMatchObject({ held_jobs: 0 });
  expect(await status(waiting)).toMatchObject({ status: "pending", status_reason: "paused" });
});

it("keeps its mode when its agent comes anew, and tells it with every answer", async () => {
  const { agent, order } = await open();
  await order("pause");
  const orders = { mode: "paused", unload_requested_at: null };
  expect((await agent.hello()).body).toMatchObject({ orders });
  expect((await agent.claimRaw()).body).toMatchObject({ orders });
});

it("has a model unloaded by an agent that hears of it at once, or with its next request", async () => {
  const { queue, agent, order, heard } = await open();
  await heard();
  expect((await order("unload")).body).toMatchObject({ mode: "active", is_heard: false });
  const unload_requested_at = new Date(queue.now).toISOString();
  expect(await heard()).toEqual([{ toAgent: [{ type: "unload", at: unload_requested_at }] }]);
  expect((await agent.claimRaw()).body).toMatchObject({ orders: { unload_requested_at } });
  queue.hubs.looks.set(agent.alias, CONNECTED);
  expect((await order("unload")).body).toMatchObject({ is_heard: true });
});

it("refuses to unload where there is no sign of an agent, and takes its socket for one", async () => {
  const { queue, agent, order } = await open();
  queue.now += DURATIONS.serverAbsentAfterMs;
  expect((await order("unload")).body).toMatchObject({ status: 409, code: "server_away" });
  expect((await order("pause")).status).toBe(200);
  queue.hubs.looks.set(agent.alias, CONNECTED);
  expect((await order("unload")).status).toBe(200);
});

it("obeys although the hub is out of reach, and says that nobody heard", async () => {
  const { queue, agent, order, submit, status } = await open();
  const id = await submit();
  await agent.claim();
  queue.hubs.areAway = true;
  expect((await order("pause")).body).toMatchObject({ mode: "paused", is_heard: false });
  expect(await status(id)).toMatchObject({ status: "pending", status_reason: "paused" });
});

it("takes orders from its owner and from keys that reach everybody's jobs, and from nobody else", async () => {
  const { queue, owner, agent, order } = await open();
  const stranger = await newOwner(queue);
  const keyOf = async (of: typeof owner, ...permissions: Parameters<typeof newKey>[2]) =>
    authOf(await newKey(queue, of, permissions));
  for (const verb of ["pause", "resume", "drain", "unload"]) {
    const statusFor = async (as: Record<string, string>, alias?: string) =>
      (await order(verb, as, alias)).status;
    expect(await statusFor({})).toBe(401);
    expect(await statusFor(await keyOf(owner, "servers:manage"))).toBe(200);
    expect(await statusFor(await keyOf(stranger, ...ROLES.owner))).toBe(200);
    expect(await statusFor(await keyOf(stranger, "servers:manage"))).toBe(403);
    expect(await statusFor(await keyOf(owner, ...ROLES.member))).toBe(403);
    expect(await statusFor({ ...agent.headers })).toBe(403);
    expect(await statusFor(owner.auth, "nowhere")).toBe(404);
  }
});
