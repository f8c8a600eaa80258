import { DURATIONS, LIMITS } from "@mobilesd/contract";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const { body } = await queue.call("POST", "/api/v2/generate", {
    as: owner.auth,
    json: exampleJob(agent.alias),
  });
  const id = String(body.mobilesd_job_id);
  const status = async () =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  const whole = async () =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}`, { as: owner.auth })).body;
  const run = async () => {
    const lease = await agent.claim();
    await agent.start(lease);
    return lease;
  };
  return { queue, owner, agent, id, status, whole, run };
}

describe("a start", () => {
  it("counts the attempt once, however often it is repeated", async () => {
    const { agent, whole } = await open();
    const lease = await agent.claim();
    expect((await whole()).attempt_count).toBe(0);
    const first = await agent.start(lease);
    expect(first.body).toEqual({ attempt_count: 1, cancel: false });
    expect((await agent.start(lease)).body).toEqual(first.body);
    expect(
      (await Promise.all([agent.start(lease), agent.start(lease)])).map((one) => one.status),
    ).toEqual([200, 200]);
    expect(await whole()).toMatchObject({ attempt_count: 1, status: "processing" });
  });

  it("counts once when two come at the same moment, and neither is refused", async () => {
    const { agent, whole } = await open();
    const lease = await agent.claim();
    const starts = await Promise.all([agent.start(lease), agent.start(lease)]);
    expect(starts.map((one) => one.body)).toEqual([
      { attempt_count: 1, cancel: false },
      { attempt_count: 1, cancel: false },
    ]);
    expect((await whole()).attempt_count).toBe(1);
  });
});

describe("a failed run", () => {
  it.each([
    ["user", "missing_name"],
    ["resource", "oom"],
  ])(
    "that is the %s's fails the job for good, with the reason and the field",
    async (kind, reason) => {
      const { agent, status, run } = await open();
      const ended = await agent.fail(await run(), {
        kind,
        reason,
        message: "said plainly",
        field: "generation_params.sampler_name",
      });
      expect(ended.body).toEqual({ status: "failed", status_reason: reason });
      expect(await status()).toMatchObject({
        status: "failed",
        error: { code: reason, message: "said plainly", field: "generation_params.sampler_name" },
        images: [],
      });
      expect((await agent.claimRaw()).body.job).toBe(null);
    },
  );

  it("is tried again after a wait that grows, three times in all", async () => {
    const { queue, agent, status, run } = await open();
    queue.random = 0.999999;
    for (const waitMs of [10_000, 20_000]) {
      const ended = await agent.fail(await run(), { kind: "infra" });
      expect(ended.body).toEqual({ status: "pending", status_reason: "retrying" });
      await queue.settle();
      expect(queue.hubs.tells.at(-1)?.news.lookAt).toBe(queue.now + waitMs);
      queue.now += waitMs - 1;
      await queue.sweep();
      expect((await agent.claimRaw()).body.job).toBe(null);
      queue.now += 1;
      await queue.sweep();
    }
    const last = await agent.fail(await run(), { kind: "infra", reason: "forge_unreachable" });
    expect(last.body).toEqual({ status: "failed", status_reason: "forge_unreachable" });
    expect(await status()).toMatchObject({ status: "failed", retry_count: 2 });
  });

  it("during which Forge died twice is poison, and parked", async () => {
    const { queue, agent, run, status } = await open();
    await agent.fail(await run(), { kind: "forge_died", reason: "forge_hung" });
    queue.now += DURATIONS.retryMaxMs;
    await queue.sweep();
    const ended = await agent.fail(await run(), { kind: "forge_died", reason: "forge_hung" });
    expect(ended.body).toEqual({ status: "failed", status_reason: "poison" });
    expect((await status()).error).toMatchObject({ code: "poison" });
  });

  it("that was cut short costs no attempt, but ten of them are the end", async () => {
    const { agent, run, whole } = await open();
    for (let n = 1; n < LIMITS.interruptionsMax; n++) {
      const ended = await agent.fail(await run(), { kind: "interrupted", reason: "agent_lost" });
      expect(ended.body).toEqual({ status: "pending", status_reason: "queued" });
      expect(await whole()).toMatchObject({ attempt_count: 0, interruption_count: n });
    }
    const last = await agent.fail(await run(), { kind: "interrupted", reason: "agent_lost" });
    expect(last.body).toEqual({ status: "failed", status_reason: "agent_lost" });
  });

  it("goes back to the queue even when neither hub nor wake queue could be asked", async () => {
    const { queue, agent, run, status } = await open();
    queue.failWakes = true;
    queue.hubs.areAway = true;
    const ended = await agent.fail(await run(), { kind: "infra" });
    expect(ended.status).toBe(200);
    await queue.settle();
    queue.now += DURATIONS.retryMaxMs;
    expect((await agent.claimRaw()).body.job).toBe(null);
    await queue.sweep();
    expect(await status()).toMatchObject({ status: "pending", status_reason: "queued" });
  });
});

it("gives a released job back at once, at no attempt's cost", async () => {
  const { agent, run, whole } = await open();
  const ended = await agent.release(await run());
  expect(ended.body).toEqual({ status: "pending", status_reason: "queued" });
  expect(await whole()).toMatchObject({ attempt_count: 0, interruption_count: 0 });
  expect((await agent.claim()).epoch).toBe(3);
});

describe("a lease that runs out", () => {
  it("leaves a running job with its server, shown as offline, and the same agent carries on", async () => {
    const { queue, agent, run, status } = await open();
    const lease = await run();
    queue.now += DURATIONS.leaseTtlMs;
    await queue.sweep();
    expect(await status()).toMatchObject({ status: "processing", status_reason: "agent_offline" });
    queue.now += 3_600_000;
    await queue.sweep();
    expect((await agent.heartbeat(lease)).body).toMatchObject({ cancel: false });
    expect(await status()).toMatchObject({ status: "processing", status_reason: "running" });
    await agent.finish(lease);
    expect(await status()).toMatchObject({ status: "completed" });
  });

  it("gives an assigned job back after its grace, and nothing of the old holder counts", async () => {
    const { queue, agent, status } = await open();
    const lease = await agent.claim();
    queue.now += DURATIONS.leaseTtlMs + DURATIONS.leaseGraceMs - 1;
    await queue.sweep();
    expect(await status()).toMatchObject({ status_reason: "assigned" });
    queue.now += 1;
    await queue.sweep();
    expect(await status()).toMatchObject({ status: "pending", status_reason: "queued" });
    expect((await agent.start(lease)).body).toMatchObject({ code: "lease_lost" });
    expect((await agent.claim()).epoch).toBe(lease.epoch + 2);
  });

  it("fails a job whose server never came back", async () => {
    const { queue, run, status } = await open();
    await run();
    queue.now += DURATIONS.leaseTtlMs;
    await queue.sweep();
    queue.now += DURATIONS.offlineDeadlineMs;
    await queue.sweep();
    expect(await status()).toMatchObject({ status: "failed", status_reason: "agent_lost" });
  });

  it("is prolonged by heartbeats for as long as they come", async () => {
    const { queue, agent, run, status } = await open();
    const lease = await run();
    for (let n = 0; n < 100; n++) {
      queue.now += DURATIONS.heartbeatIntervalMs;
      const { body } = await agent.heartbeat(lease);
      expect(body).toEqual({
        cancel: false,
        lease_ttl_ms: DURATIONS.leaseTtlMs,
        server_time: new Date(queue.now).toISOString(),
      });
      if (n % 15 === 0) await queue.sweep();
    }
    expect(await status()).toMatchObject({ status: "processing", status_reason: "running" });
  });
});

describe("a new session of an agent", () => {
  it("cuts short what the old one ran, at no attempt's cost, and takes it up again", async () => {
    const { agent, run, whole } = await open();
    const old = await run();
    const hello = await agent.hello();
    expect(hello.status).toBe(200);
    expect(await whole()).toMatchObject({
      status: "pending",
      attempt_count: 0,
      interruption_count: 1,
    });
    expect((await agent.heartbeat(old)).body).toMatchObject({ code: "lease_lost" });
    expect((await agent.claim()).mobilesd_job_id).toBe(old.mobilesd_job_id);
  });

  it("tells the old one that it was replaced", async () => {
    const { agent, run } = await open();
    const lease = await run();
    const session = agent.session;
    await agent.hello();
    agent.session = session;
    expect((await agent.heartbeat(lease)).body).toMatchObject({ code: "session_superseded" });
  });

  it("ends a cancelled run as cancelled, and takes only a look at a finished one", async () => {
    const { queue, owner, agent, id, run, status } = await open();
    await run();
    await queue.call("POST", `/api/v1/queue/jobs/${id}/cancel`, { as: owner.auth });
    await agent.hello();
    expect(await status()).toMatchObject({ status: "cancelled" });
    await agent.hello();
    expect(await status()).toMatchObject({ status: "cancelled" });
  });
});

it("sweeps past rows that cannot move, a page at a time, until all are done", async () => {
  const { queue, agent, owner } = await open();
  await seedJobs(agent, { later: 250 }, owner.id);
  queue.now += 60_000;
  for (let n = 0; n < 3; n++) await queue.sweep();
  const held = await env.DB.prepare(
    "SELECT count(*) AS n FROM jobs WHERE target_server_alias = ? AND hold_reason IS NOT NULL",
  )
    .bind(agent.alias)
    .first<number>("n");
  expect(held).toBe(0);
});
