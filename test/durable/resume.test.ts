import { evictDurableObject } from "cloudflare:test";
import type { LiveEvent } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  hubOf,
  joinHub,
  openBox,
  previewOf,
  progressOf,
  runJob,
  submitJob,
  until,
  watch,
} from "../support/workerd/live-socket.ts";

type Sequenced = Extract<LiveEvent, { sequence: unknown }>;

const sequenced = (events: readonly LiveEvent[]) =>
  events.filter((event): event is Sequenced => "sequence" in event);

describe("a watcher that comes back", () => {
  it("gets each change that it missed, once, and then what runs", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    const first = await submitJob(agent, owner);
    const { id } = await watcher.next("job");
    watcher.close();
    await watcher.ended();
    const second = await submitJob(agent, owner);
    const lease = await runJob(agent);
    box.send(progressOf(lease, 1, 30));
    const back = await watch(queue, agent.alias, owner.auth, `&since=${id}`);
    await back.next("progress");
    expect(lease.mobilesd_job_id).toBe(first);
    expect(back.of("gap")).toEqual([]);
    expect(sequenced(back.heard)).toMatchObject([
      { type: "job", mobilesd_job_id: second, status: "pending" },
      { type: "job", mobilesd_job_id: first, status: "pending" },
      { type: "job", mobilesd_job_id: first, status: "processing" },
      { type: "progress", mobilesd_job_id: first, progress: 30 },
    ]);
  });

  it("never gets an id that is older than one before it, so that it can come back at any of them", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    box.send(previewOf(lease, 1));
    const { id } = await watcher.next("preview");
    box.send(progressOf(lease, 2, 30));
    await watcher.next("progress", ({ progress }) => progress === 30);
    const back = await watch(queue, agent.alias, owner.auth, `&since=${id}`);
    await back.next("progress");
    const types = back.heard.map((event) => event.type);
    expect(types).toEqual(["server", "preview", "progress"]);
    const counts = back.heard.map((event) => Number(event.id.split(".").at(-1)));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it("hears of a gap when its hub has slept, and from then on it can resume again", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    await submitJob(agent, owner);
    const { id } = await watcher.next("job");
    watcher.close();
    await watcher.ended();
    await evictDurableObject(hubOf(agent));
    const back = await watch(queue, agent.alias, owner.auth, `&since=${id}`);
    const gap = await back.next("gap");
    await back.next("server");
    back.close();
    await back.ended();
    const job = await submitJob(agent, owner);
    const again = await watch(queue, agent.alias, owner.auth, `&since=${gap.id}`);
    expect(await again.next("job")).toMatchObject({ mobilesd_job_id: job });
    expect(again.of("gap")).toEqual([]);
  });

  it("hears of a gap for an event that no hub ever told", async () => {
    const { queue, owner, agent } = await openBox();
    const strange = await watch(queue, agent.alias, owner.auth, "&since=%E2%98%83.7");
    await strange.next("gap");
  });
});

describe("a hub that is rebuilt between any two messages", () => {
  it("loses nothing of what standing sockets hear: every event in its order, to the end of the job", async () => {
    const { queue, owner, agent } = await openBox();
    const nap = () => evictDurableObject(hubOf(agent));
    const box = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    await watcher.next("server");
    await nap();
    const id = await submitJob(agent, owner);
    await nap();
    await box.next("work");
    const lease = await agent.claim();
    await queue.settle();
    await nap();
    await agent.start(lease);
    await queue.settle();
    const heard = (count: number) =>
      until(`event ${count}`, () => sequenced(watcher.heard).length === count);
    const live = [
      progressOf(lease, 1, 10),
      previewOf(lease, 2),
      progressOf(lease, 3, 60),
      previewOf(lease, 4, 1),
    ];
    for (const [at, message] of live.entries()) {
      await nap();
      box.send(message);
      await heard(3 + at + 1);
    }
    await nap();
    expect((await queue.ctx.hubs.look(agent.alias)).runs).toMatchObject([{ n: 4, progress: 60 }]);
    await nap();
    await agent.finish(lease);
    await queue.settle();
    await heard(8);
    const { epoch } = lease;
    expect(sequenced(watcher.heard)).toMatchObject([
      { type: "job", status: "pending", sequence: [0, 0], progress: 0 },
      { type: "job", status: "pending", sequence: [epoch, 0] },
      { type: "job", status: "processing", sequence: [epoch, 0], progress: 0 },
      { type: "progress", sequence: [epoch, 1], progress: 10 },
      { type: "preview", sequence: [epoch, 2], index: 0 },
      { type: "progress", sequence: [epoch, 3], progress: 60 },
      { type: "preview", sequence: [epoch, 4], index: 1 },
      { type: "job", status: "completed", sequence: [epoch, 4], progress: 100 },
    ]);
    expect(sequenced(watcher.heard).every((event) => event.mobilesd_job_id === id)).toBe(true);
    expect(new Set(watcher.heard.map((event) => event.id)).size).toBe(watcher.heard.length);
  });

  it("still tells the agent of the first and of the last who watches", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    await evictDurableObject(hubOf(agent));
    const watcher = await watch(queue, agent.alias, owner.auth);
    await box.next("watchers", ({ count }) => count === 1);
    await evictDurableObject(hubOf(agent));
    watcher.close();
    await until("the last one going", () => box.of("watchers").at(-1)?.count === 0);
    expect(box.of("watchers").map(({ count }) => count)).toEqual([0, 1, 0]);
  });

  it("shows what runs to whoever comes, as far as the agent's socket knows it", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    box.send(progressOf(lease, 1, 33));
    await until("its run", async () => (await queue.ctx.hubs.look(agent.alias)).runs.length === 1);
    await evictDurableObject(hubOf(agent));
    const watcher = await watch(queue, agent.alias, owner.auth);
    expect(await watcher.next("progress")).toMatchObject({ progress: 33 });
  });
});

describe("a hub that is rebuilt and whose agent connects anew", () => {
  it("tells of the end of a job although it forgot the count: the row's time says what is newer", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    box.send(progressOf(lease, 7, 60));
    await watcher.next("progress");
    box.close(4_000);
    await box.ended();
    await evictDurableObject(hubOf(agent));
    await joinHub(agent);
    queue.now += 1_000;
    await agent.finish(lease);
    await queue.settle();
    const done = await watcher.next("job", ({ status }) => status === "completed");
    const begun = await watcher.next("job", ({ status }) => status === "processing");
    expect(done.sequence[0]).toBe(begun.sequence[0]);
    const at = (event: typeof done) => event.job?.last_updated_timestamp ?? "";
    expect(at(done) > at(begun)).toBe(true);
  });
});
