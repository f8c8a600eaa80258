import { HUB_CLOSE, LIMITS } from "@mobilesd/contract";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
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
import { newOwner } from "../support/workerd/new-owner.ts";

afterEach(() => {
  vi.useRealTimers();
});

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

  it("has nothing to say: a word ends its socket", async () => {
    const { queue, owner, agent } = await openBox();
    const watcher = await watch(queue, agent.alias, owner.auth);
    watcher.sendRaw('{"type":"box","forge":"ready","free_vram_bytes":1,"loaded_checkpoint":null}');
    expect(await watcher.ended()).toBe(HUB_CLOSE.unreadable);
    expect((await queue.ctx.hubs.look(agent.alias)).box).toBe(null);
  });

  it("is one of a bounded number, and is told when there is no room", async () => {
    const { queue, owner, agent } = await openBox();
    const watchers = [];
    for (let i = 0; i < LIMITS.watchersMax; i++) {
      watchers.push(await watch(queue, agent.alias, owner.auth));
    }
    const path = `/api/v1/events?server=${agent.alias}`;
    const refused = await queue.call("GET", path, { as: owner.auth });
    expect(refused.body).toMatchObject({ code: "too_many_watchers", status: 503 });
    expect(refused.headers.get("retry-after")).not.toBe(null);
    watchers[0]?.close();
    await watchers[0]?.ended();
    await (await watch(queue, agent.alias, owner.auth)).next("server");
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
  it("hear when the box connects, and when it goes on purpose", async () => {
    const { queue, owner, agent } = await openBox();
    await queue.ctx.db.$client
      .prepare("UPDATE servers SET last_seen_at = NULL WHERE alias = ?")
      .bind(agent.alias)
      .run();
    const watcher = await watch(queue, agent.alias, owner.auth);
    expect(await watcher.next("server")).toMatchObject({ is_present: false });
    const box = await joinHub(agent);
    await watcher.next("server", ({ is_present }) => is_present);
    box.close();
    await until("the box going", () => watcher.of("server").at(-1)?.is_present === false);
  });
});
