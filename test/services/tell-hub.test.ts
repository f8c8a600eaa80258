import { DURATIONS, type JobView } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { EXAMPLE_CATALOGUE, PONY } from "../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../support/example-job.ts";
import { exampleImage, manifestOf, newAgent } from "../support/workerd/new-agent.ts";
import { newOwner } from "../support/workerd/new-owner.ts";
import { ORIGIN, openQueue } from "../support/workerd/open-queue.ts";
import { seedJobs } from "../support/workerd/seed-jobs.ts";

const WORK = { type: "work" };

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const as = owner.auth;
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    const json = exampleJob(agent.alias, changes);
    const { body } = await queue.call("POST", "/api/v2/generate", { as, json });
    return String(body.mobilesd_job_id);
  };
  const cancel = (id: string) => queue.call("POST", `/api/v1/queue/jobs/${id}/cancel`, { as });
  const remove = (id: string) => queue.call("DELETE", `/api/v1/queue/jobs/${id}`, { as });
  /** What the hub of this server has heard since it was last asked. */
  const heard = async () => {
    await queue.settle();
    const tells = queue.hubs.tells.splice(0);
    return tells.filter((one) => one.alias === agent.alias).map(({ news }) => news);
  };
  /** A job as its owner reads it, with addresses that begin with a slash as news have them. */
  const read = async (id: string) => {
    const { text } = await queue.call("GET", `/api/v1/queue/jobs/${id}`, { as });
    return JSON.parse(text.replaceAll(ORIGIN, "")) as JobView;
  };
  /** The one piece of news that a watcher of the job heard is the row as its owner reads it. */
  const expectNews = async (id: string, epoch: number, more: object = {}) => {
    const news = await heard();
    const job = await read(id);
    const event = { type: "job", mobilesd_job_id: id, status: job.status, job };
    expect(news).toEqual([{ jobs: [{ ownerId: owner.id, epoch, event }], ...more }]);
    return job;
  };
  await heard();
  return { queue, owner, agent, as, submit, cancel, remove, heard, read, expectNews };
}

it("rings the hub of a server that a job was submitted for, and shows the job to those who watch", async () => {
  const { submit, expectNews } = await open();
  const id = await submit({ name: "a lighthouse" });
  const job = await expectNews(id, 0, { toAgent: [WORK] });
  expect(job).toMatchObject({ status: "pending", status_reason: "queued", name: "a lighthouse" });
});

it("does not ring for a job that is to wait, but has the hub look when its time has come", async () => {
  const { queue, submit, expectNews } = await open();
  const at = queue.now + 60_000;
  const id = await submit({ not_before: new Date(at).toISOString() });
  await expectNews(id, 0, { lookAt: at });
  queue.now = at;
  await queue.sweep();
  expect(await expectNews(id, 0, { toAgent: [WORK] })).toMatchObject({ status_reason: "queued" });
});

it("tells nothing where nothing changed", async () => {
  const { queue, agent, as, submit, cancel, heard } = await open();
  const request = {
    as,
    headers: { "Idempotency-Key": "the-same" },
    json: exampleJob(agent.alias),
  };
  await queue.call("POST", "/api/v2/generate", request);
  const running = await agent.claim();
  await agent.start(running);
  const image = await exampleImage("x");
  await agent.putImage(running, image);
  await agent.complete(running, [manifestOf(image)]);
  const cancelled = await submit();
  await cancel(cancelled);
  await heard();

  await queue.call("POST", "/api/v2/generate", request);
  await submit({ dry_run: true });
  await agent.complete(running, [manifestOf(image)]);
  await cancel(cancelled);
  await cancel(running.mobilesd_job_id);
  await agent.claimRaw();
  await queue.sweep();
  expect(await heard()).toEqual([]);
});

it("tells of each step of a run, and when its lease must be looked at", async () => {
  const { queue, agent, submit, heard, expectNews } = await open();
  const id = await submit();
  await heard();
  const lookAt = queue.now + DURATIONS.leaseTtlMs;
  const claimId = crypto.randomUUID();
  const lease = await agent.claim(claimId);
  expect(await expectNews(id, 1, { lookAt })).toMatchObject({ status_reason: "assigned" });
  await agent.claim(claimId);
  expect(await heard()).toEqual([]);
  await agent.start(lease);
  expect(await expectNews(id, 1, { lookAt })).toMatchObject({ status: "processing" });
  await agent.start(lease);
  expect(await heard()).toEqual([]);
});

it("gives a watcher's news of a completed job its pictures, at no further look into the database", async () => {
  const { queue, agent, submit, heard, expectNews } = await open();
  const id = await submit({ generation_params: exampleParams({ batch_size: 2 }) });
  const lease = await agent.claim();
  await agent.start(lease);
  const images = [await exampleImage("one"), await exampleImage("two")];
  for (const [at, image] of images.entries()) {
    await agent.putImage(lease, image, { index: at + 1 });
  }
  await heard();
  queue.database.startCounting();
  const manifest = images.map((image, at) => manifestOf(image, at + 1)).reverse();
  await agent.complete(lease, manifest);
  await queue.settle();
  expect(queue.database.statements.filter((sql) => /from "?images/i.test(sql))).toEqual([]);
  const job = await expectNews(id, 1);
  expect(job).toMatchObject({ status: "completed", progress: 100 });
  expect(job.images).toHaveLength(2);
  const [first] = job.images;
  expect(first?.download_url).toMatch(/^\/api\/v1\/images\/download\//);
  expect((await queue.fetch(first?.download_url ?? "")).status).toBe(200);
});

it("has the hub look when a backoff is over, and rings then", async () => {
  const { queue, agent, submit, heard, expectNews } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  await heard();
  await agent.fail(lease, { kind: "infra" });
  const lookAt = queue.now + queue.random * DURATIONS.retryBaseMs;
  expect(await expectNews(id, 2, { lookAt })).toMatchObject({ status_reason: "retrying" });
  queue.now = lookAt;
  await queue.sweep();
  await expectNews(id, 2, { toAgent: [WORK] });
});

it("rings again for a job that was given back", async () => {
  const { agent, submit, heard, expectNews } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await heard();
  await agent.release(lease);
  await expectNews(id, 2, { toAgent: [WORK] });
});

it("tells the agent of a running job that it is wanted no more, and when the grace is over once again", async () => {
  const { queue, agent, submit, cancel, heard, expectNews } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  await heard();
  await cancel(id);
  const toAgent = [{ type: "cancel", mobilesd_job_id: id, epoch: lease.epoch }];
  const lookAt = queue.now + DURATIONS.cancelGraceMs;
  expect(await expectNews(id, 1, { toAgent, lookAt })).toMatchObject({
    status: "processing",
    status_reason: "cancelling",
  });
  queue.now = lookAt;
  await queue.sweep();
  expect(await expectNews(id, 2, { toAgent })).toMatchObject({ status: "cancelled" });
});

it("tells the agent that took a job and has not begun it that it is cancelled, or gone", async () => {
  const { agent, submit, cancel, remove, heard, expectNews } = await open();
  for (const end of [cancel, remove]) {
    const id = await submit();
    const lease = await agent.claim();
    await heard();
    await end(id);
    const toAgent = [{ type: "cancel", mobilesd_job_id: id, epoch: lease.epoch }];
    if (end === cancel) await expectNews(id, 2, { toAgent });
    else expect(await heard()).toMatchObject([{ toAgent, jobs: [{ event: { job: null } }] }]);
  }
});

it("calls a deleted job off with an agent that took it in that very moment", async () => {
  const { queue, agent, submit, remove, heard } = await open();
  const id = await submit();
  let epoch = 0;
  queue.database.pauseBefore = async (sql) => {
    if (!/^delete from "jobs"/m.test(sql)) return;
    queue.database.pauseBefore = undefined;
    epoch = (await agent.claim()).epoch;
    await heard();
  };
  expect((await remove(id)).status).toBe(204);
  const toAgent = [{ type: "cancel", mobilesd_job_id: id, epoch }];
  expect(await heard()).toMatchObject([{ toAgent, jobs: [{ epoch, event: { job: null } }] }]);
});

it("tells of a job that is gone with nothing in it", async () => {
  const { owner, submit, remove, heard } = await open();
  const id = await submit();
  await heard();
  await remove(id);
  const event = { type: "job", mobilesd_job_id: id, status: null, job: null };
  expect(await heard()).toEqual([{ jobs: [{ ownerId: owner.id, epoch: 0, event }] }]);
});

it("tells of an agent's new session, and of what the old one held", async () => {
  const { agent, submit, heard, expectNews } = await open();
  await agent.hello();
  expect(await heard()).toEqual([{ sessionId: agent.session, jobs: [] }]);
  const id = await submit();
  await agent.start(await agent.claim());
  await heard();
  await agent.hello();
  const more = { sessionId: agent.session, toAgent: [WORK] };
  expect(await expectNews(id, 2, more)).toMatchObject({ status: "pending" });
});

it("tells of the jobs that a new catalogue holds back and lets go, and rings for these", async () => {
  const { agent, submit, heard, expectNews } = await open();
  const id = await submit();
  await heard();
  const checkpoints = EXAMPLE_CATALOGUE.checkpoints.filter((one) => one.name !== PONY);
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, checkpoints });
  expect(await expectNews(id, 0)).toMatchObject({ status_reason: "missing_checkpoint" });
  await agent.putCatalogue();
  expect(await expectNews(id, 0, { toAgent: [WORK] })).toMatchObject({ status_reason: "queued" });
  await agent.putCatalogue();
  expect(await heard()).toEqual([]);
});

it("has those who watch ask anew where a new catalogue holds or frees very many jobs, and rings for freed ones", async () => {
  const { agent, heard } = await open();
  await seedJobs(agent, { pending: 300 });
  const checkpoints = EXAMPLE_CATALOGUE.checkpoints.filter((one) => one.name !== PONY);
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, checkpoints });
  expect(await heard()).toEqual([{ isGap: true }]);
  await agent.putCatalogue();
  expect(await heard()).toEqual([{ isGap: true, toAgent: [WORK] }]);
});

it("tells that a box which was away runs its job again", async () => {
  const { queue, agent, submit, heard, expectNews } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  await heard();
  const leftAt = queue.now;
  // It is away for longer than what the rows take for being there.
  queue.now += DURATIONS.serverAbsentAfterMs;
  await queue.sweep();
  const lostAt = leftAt + DURATIONS.leaseTtlMs + DURATIONS.offlineDeadlineMs;
  expect(await expectNews(id, 1, { lookAt: lostAt })).toMatchObject({
    status_reason: "agent_offline",
    server_away_since: new Date(leftAt).toISOString(),
  });
  await agent.heartbeat(lease);
  const lookAt = queue.now + DURATIONS.leaseTtlMs;
  expect(await expectNews(id, 1, { lookAt })).toMatchObject({ status_reason: "running" });
  queue.now += DURATIONS.leaseRenewAfterMs;
  await agent.heartbeat(lease);
  expect(await heard()).toEqual([]);
});

it("asks the wake queue for a look at the one server, only where its hub cannot take that on", async () => {
  const { queue, agent, submit, cancel, heard } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  await heard();
  queue.hubs.areAway = true;
  await cancel(id);
  await submit();
  await heard();
  expect(queue.wakes).toEqual([{ alias: agent.alias, delayMs: DURATIONS.cancelGraceMs }]);
});

it("lets every verb succeed although the hub is out of reach", async () => {
  const { queue, agent, submit, cancel, remove, read } = await open();
  queue.hubs.areAway = true;
  const done = await submit();
  await agent.hello();
  await agent.putCatalogue();
  await agent.finish(await agent.claim());
  const given = await submit();
  await agent.release(await agent.claim());
  const failed = await agent.claim();
  await agent.start(failed);
  await agent.fail(failed, { kind: "user" });
  const wanted = await submit();
  expect((await cancel(wanted)).status).toBe(200);
  expect((await remove(wanted)).status).toBe(204);
  await queue.sweep();
  await queue.settle();
  const statuses = [(await read(done)).status, (await read(given)).status];
  expect(statuses).toEqual(["completed", "failed"]);
  expect(queue.hubs.tells).toEqual([]);
});
