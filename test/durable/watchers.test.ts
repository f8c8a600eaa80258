import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { DURATIONS, HUB_CLOSE, HUB_PING, LIMITS } from "@mobilesd/contract";
import { afterEach, describe, expect, it, vi } from "vitest";
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
import { newAgent } from "../support/workerd/new-agent.ts";
import { newOwner, type TestOwner } from "../support/workerd/new-owner.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the time of day, as the hub reads it. */
function passTime(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

describe("whoever watches a server", () => {
  it("hears at once how it is, and of each change of their jobs as its row has it", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    expect(await watcher.next("server")).toMatchObject({
      server_alias: agent.alias,
      is_present: true,
      mode: "active",
    });
    const id = await submitJob(agent, owner);
    const { job, ...event } = await watcher.next("job");
    expect(event).toMatchObject({ mobilesd_job_id: id, status: "pending", progress: 0 });
    const list = await queue.call<{ jobs: object[] }>("GET", "/api/v1/queue/jobs", {
      as: owner.auth,
    });
    expect(job).toEqual(list.body.jobs[0]);
  });

  it("sees a picture grow, and when it is done before it is stored", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    const id = await submitJob(agent, owner);
    const lease = await runJob(agent);
    const { epoch } = lease;
    box.send(progressOf(lease, 1, 20));
    box.send(previewOf(lease, 2));
    box.send(progressOf(lease, 3, 80));
    box.send(previewOf(lease, 4, 1));
    await watcher.next("preview", ({ index }) => index === 1);
    const live = watcher.heard.filter(({ type }) => type === "progress" || type === "preview");
    expect(live).toMatchObject([
      { type: "progress", mobilesd_job_id: id, sequence: [epoch, 1], progress: 20 },
      { type: "preview", mobilesd_job_id: id, sequence: [epoch, 2], index: 0, webp: "AAAA" },
      { type: "progress", mobilesd_job_id: id, sequence: [epoch, 3], progress: 80 },
      { type: "preview", mobilesd_job_id: id, sequence: [epoch, 4], index: 1 },
    ]);
    await agent.finish(lease);
    await queue.settle();
    const done = await watcher.next("job", ({ status }) => status === "completed");
    expect(done).toMatchObject({ sequence: [epoch, 4], progress: 100, job: { progress: 100 } });
    const url = done.job?.images[0]?.preview_url ?? "";
    expect(url).toMatch(/^http:\/\/queue\.test\/api\/v1\/images\/preview\//);
    expect((await queue.fetch(url.replace("http://queue.test", ""))).status).toBe(200);
  });

  it("that comes in the middle sees what runs at that moment", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    const first = await watch(queue, agent.alias, owner.auth);
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    box.send(previewOf(lease, 1));
    box.send(progressOf(lease, 2, 50));
    await first.next("progress");
    const late = await watch(queue, agent.alias, owner.auth);
    await late.next("progress");
    expect(late.heard).toMatchObject([
      { type: "server" },
      { type: "preview", sequence: [lease.epoch, 1] },
      { type: "progress", sequence: [lease.epoch, 2], progress: 50 },
    ]);
  });

  it("is let go at a moment of its own: those who came together do not go together", async () => {
    const { queue, owner, agent } = await openBox();
    const ttl = queue.ctx.settings.durations.watcherSocketTtlMs;
    for (const random of [0, 0.5]) {
      queue.random = random;
      await watch(queue, agent.alias, owner.auth);
    }
    const ends = await runInDurableObject(hubOf(agent), (_, state) =>
      state.getWebSockets("watcher").map((end) => end.deserializeAttachment().until - queue.now),
    );
    expect(ends.sort()).toEqual([0.95 * ttl, ttl]);
  });

  it("is let go after its time, and hears nothing more from then on", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    await watcher.next("server");
    const ttl = queue.ctx.settings.durations.watcherSocketTtlMs;
    vi.useFakeTimers({ toFake: ["Date"], now: queue.now + ttl + 1_000 });
    await submitJob(agent, owner);
    expect(await watcher.ended()).toBe(HUB_CLOSE.expired);
    expect(watcher.of("job")).toEqual([]);
  });

  it("changes nothing by what it says, and is let go for what is no message at all", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    watcher.sendRaw('{"type":"box","forge":"ready","free_vram_bytes":1,"loaded_checkpoint":null}');
    watcher.sendRaw("{");
    expect(await watcher.ended()).toBe(HUB_CLOSE.unreadable);
    expect((await queue.ctx.hubs.look(agent.alias)).box).toBe(null);
  });

  it("is one of a bounded number, and no owner's keys take up the room of all others", async () => {
    const { queue, owner, agent } = await openBox();
    const path = `/api/v1/events?server=${agent.alias}`;
    const fill = async (as: TestOwner["auth"], count: number) => {
      const all = [];
      for (let i = 0; i < count; i++) all.push(await watch(queue, agent.alias, as));
      return all;
    };
    const refusal = async (as: TestOwner["auth"]) => (await queue.call("GET", path, { as })).body;
    const [first] = await fill(owner.auth, LIMITS.watchersPerOwnerMax);
    expect(await refusal(owner.auth)).toMatchObject({ code: "too_many_watchers", status: 503 });
    for (let left = LIMITS.watchersMax - LIMITS.watchersPerOwnerMax; left > 0; ) {
      const count = Math.min(left, LIMITS.watchersPerOwnerMax);
      await fill((await newOwner(queue)).auth, count);
      left -= count;
    }
    const late = await newOwner(queue);
    expect(await refusal(late.auth)).toMatchObject({ code: "too_many_watchers" });
    first?.close();
    await first?.ended();
    await (await watch(queue, agent.alias, late.auth)).next("server");
  });
});

describe("somebody who watches and shows no life", () => {
  const { watcherPingMs } = DURATIONS;

  it("is not counted, and is let go before anything more waits to be read by them", async () => {
    const { queue, owner, agent } = await openBox();
    passTime(-3 * watcherPingMs + 60_000);
    const watcher = await watch(queue, agent.alias, owner.auth);
    vi.useRealTimers();
    const box = await joinHub(agent);
    await box.next("watchers", ({ count }) => count === 1);
    const first = await submitJob(agent, owner);
    await watcher.next("job", ({ mobilesd_job_id }) => mobilesd_job_id === first);
    passTime(60_000);
    await (await joinHub(agent)).next("watchers", ({ count }) => count === 0);
    await submitJob(agent, owner);
    expect(await watcher.ended()).toBe(HUB_CLOSE.expired);
    expect(watcher.of("job")).toHaveLength(1);
  });

  it("is let go by the hub's own alarm too, while nothing happens", async () => {
    const { queue, owner, agent } = await openBox();
    const box = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    await box.next("watchers", ({ count }) => count === 1);
    box.sendRaw(HUB_PING);
    await until("the pong", () => box.pongs === 1);
    const rings = await runInDurableObject(hubOf(agent), (_, { storage }) => storage.getAlarm());
    expect(rings).toBeLessThanOrEqual(Date.now() + DURATIONS.agentSilentAfterMs);
    passTime(3 * watcherPingMs);
    await runDurableObjectAlarm(hubOf(agent));
    expect(await watcher.ended()).toBe(HUB_CLOSE.expired);
  });

  it("makes room for another", async () => {
    const { queue, owner, agent } = await openBox();
    for (let i = 0; i < LIMITS.watchersPerOwnerMax; i++) {
      await watch(queue, agent.alias, owner.auth);
    }
    passTime(3 * watcherPingMs);
    await (await watch(queue, agent.alias, owner.auth)).next("server");
  });

  it("stays as long as they ping, however little happens", async () => {
    const { queue, owner, agent } = await openBox();
    passTime(-9 * watcherPingMs);
    const watcher = await watch(queue, agent.alias, owner.auth);
    vi.useRealTimers();
    watcher.sendRaw(HUB_PING);
    await until("the pong", () => watcher.pongs === 1);
    passTime(2 * watcherPingMs);
    await submitJob(agent, owner);
    await watcher.next("job");
  });
});

describe("of two owners on one server", () => {
  it("each hears of their own jobs alone, and a key that reaches all hears of both", async () => {
    const { queue, owner: anna, agent } = await openBox();
    const ben = await newOwner(queue);
    const all = await newOwner(queue, "owner");
    const box = await joinHub(agent);
    const watchers = await Promise.all(
      [anna, ben, all].map((one) => watch(queue, agent.alias, one.auth)),
    );
    const [toAnna, toBen, toAll] = watchers as [Watcher, Watcher, Watcher];
    const annas = await submitJob(agent, anna);
    const bens = await submitJob(agent, ben);
    const lease = await runJob(agent);
    expect(lease.mobilesd_job_id).toBe(annas);
    box.send(previewOf(lease, 1));
    box.send(progressOf(lease, 2, 50));
    await agent.finish(lease);
    await queue.settle();
    const ofBen = await runJob(agent);
    box.send(progressOf(ofBen, 1, 10));
    await toAll.next("progress", ({ mobilesd_job_id }) => mobilesd_job_id === bens);
    await toBen.next("progress");
    const namesOf = ({ heard }: Watcher) =>
      new Set(heard.flatMap((one) => ("mobilesd_job_id" in one ? [one.mobilesd_job_id] : [])));
    expect(namesOf(toAnna)).toEqual(new Set([annas]));
    expect(namesOf(toBen)).toEqual(new Set([bens]));
    expect(namesOf(toAll)).toEqual(new Set([annas, bens]));
    const late = await watch(queue, agent.alias, anna.auth);
    await submitJob(agent, anna);
    await late.next("job");
    expect(namesOf(late)).not.toContain(bens);
  });
});

type Watcher = Awaited<ReturnType<typeof watch>>;

describe("what an agent tells of a job", () => {
  it("is heard by nobody when the agent does not hold it", async () => {
    const { queue, owner, agent } = await openBox();
    const other = await newAgent(queue, owner);
    const watcher = await watch(queue, other.alias, owner.auth);
    const liar = await joinHub(other);
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    liar.send(progressOf(lease, 1, 50));
    liar.send(previewOf(lease, 2));
    await submitJob(other, owner);
    const own = await runJob(other);
    const unclaimed = await submitJob(other, owner);
    liar.send(progressOf({ ...own, mobilesd_job_id: unclaimed }, 1, 60));
    liar.send(progressOf(own, 1, 70));
    const heard = await watcher.next("progress");
    expect(heard).toMatchObject({ mobilesd_job_id: own.mobilesd_job_id, progress: 70 });
    expect(watcher.of("preview")).toEqual([]);
    const { runs } = await queue.ctx.hubs.look(other.alias);
    expect(runs.map(({ jobId }) => jobId)).toEqual([own.mobilesd_job_id]);
  });

  it("is heard by nobody any more once the job is over", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    const box = await joinHub(agent);
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    box.send(progressOf(lease, 1, 50));
    await watcher.next("progress");
    await agent.fail(lease, { kind: "user" });
    await queue.settle();
    await watcher.next("job", ({ status }) => status === "failed");
    box.send(progressOf(lease, 2, 60));
    await submitJob(agent, owner);
    box.send(progressOf(await runJob(agent), 1, 5));
    await watcher.next("progress", ({ progress }) => progress === 5);
    expect(watcher.of("progress").map(({ progress }) => progress)).toEqual([50, 5]);
  });
});

describe("those who watch", () => {
  it("hear when the box connects, and when it goes on purpose, be that moments after its hello", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    const box = await joinHub(agent);
    await until("the box coming", () => watcher.of("server").length >= 2);
    box.close();
    await until("the box going", () => watcher.of("server").at(-1)?.is_present === false);
    queue.now = Date.now();
    const { body } = await queue.call<{ servers: { alias: string }[] }>("GET", "/api/v1/servers", {
      as: owner.auth,
    });
    const server = body.servers.find(({ alias }) => alias === agent.alias);
    expect(server).toMatchObject({ is_present: false });
    // It polls on without a socket: that is a sign of life again, and those who watch hear of it.
    queue.now += 1;
    await agent.claimRaw();
    await queue.settle();
    await until("the box polling", () => watcher.of("server").at(-1)?.is_present === true);
  });

  it("hear of a mode that changed while they joined", async () => {
    const { queue, owner, agent } = await openBox();
    const pause = async () => {
      await queue.ctx.db.$client
        .prepare("UPDATE servers SET mode = 'paused' WHERE alias = ?")
        .bind(agent.alias)
        .run();
      await queue.ctx.hubs.tell(agent.alias, { hasOrders: true });
    };
    const [watcher] = await Promise.all([watch(queue, agent.alias, owner.auth), pause()]);
    await until("the mode", () => watcher.of("server").at(-1)?.mode === "paused");
  });

  it("hear of a gap where more happened than is told", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    await queue.ctx.hubs.tell(agent.alias, { isGap: true });
    await watcher.next("gap");
  });
});
