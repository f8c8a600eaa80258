import { DURATIONS, HEADERS, type LeaseGrant } from "@mobilesd/contract";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { webpOf } from "../../support/example-pictures.ts";
import {
  exampleImage,
  manifestOf,
  newAgent,
  type TestAgent,
  type TestImage,
} from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { type Answer, openQueue } from "../../support/workerd/open-queue.ts";

async function running() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.start(lease);
  const image = await exampleImage(lease.mobilesd_job_id);
  await agent.putImage(lease, image);
  const row = () =>
    env.DB.prepare("SELECT * FROM jobs WHERE mobilesd_job_id = ?")
      .bind(lease.mobilesd_job_id)
      .first<Record<string, unknown>>();
  return { queue, owner, agent, lease, image, row };
}

/** Everything that a lease allows, each with the body of a good agent. */
const WRITES: Record<
  string,
  (agent: TestAgent, lease: LeaseGrant, image: TestImage) => Promise<Answer>
> = {
  start: (agent, lease) => agent.start(lease),
  heartbeat: (agent, lease) => agent.heartbeat(lease),
  fail: (agent, lease) => agent.fail(lease, { kind: "infra" }),
  release: (agent, lease) => agent.release(lease),
  complete: (agent, lease, image) => agent.complete(lease, [manifestOf(image)]),
  image: (agent, lease, image) => agent.putImage(lease, image),
  preview: async (agent, lease) =>
    agent.putImage(lease, await exampleImage("small", webpOf), { kind: "previews" }),
};

describe.each(Object.entries(WRITES))("the lease that a %s needs", (_, write) => {
  it("is not that of an older epoch, nor of one to come", async () => {
    const { agent, lease, image, row } = await running();
    const before = await row();
    for (const epoch of [lease.epoch - 1, lease.epoch + 1].filter((one) => one > 0)) {
      const answer = await write(agent, { ...lease, epoch }, image);
      expect(answer.body).toMatchObject({ status: 409, code: "lease_lost" });
    }
    expect(await row()).toEqual(before);
  });

  it("is not proved by another token", async () => {
    const { agent, lease, image, row } = await running();
    const before = await row();
    for (const lease_token of ["", "mlt_x", lease.lease_token.replace(/.$/, "z")]) {
      const answer = await write(agent, { ...lease, lease_token }, image);
      expect(answer.body).toMatchObject({ status: 409, code: "lease_lost" });
    }
    expect(await row()).toEqual(before);
  });

  it("is not that of another session, even with epoch and token", async () => {
    const { agent, lease, image, row } = await running();
    const before = await row();
    agent.session = `ses_${"x".repeat(22)}`;
    const answer = await write(agent, lease, image);
    expect(["session_superseded", "lease_lost"]).toContain(answer.body.code);
    expect(await row()).toEqual(before);
  });

  it("is lost when the job was given to the next holder", async () => {
    const { agent, lease, image, row } = await running();
    await agent.release(lease);
    const next = await agent.claim();
    await agent.start(next);
    const before = await row();
    const answer = await write(agent, lease, image);
    expect(answer.body).toMatchObject({ status: 409, code: "lease_lost" });
    expect(await row()).toEqual(before);
    expect((await agent.heartbeat(next)).status).toBe(200);
  });

  it.each(["epoch = epoch + 1", "lease_hash = 'another'"])(
    "is checked again in the write: a row that moved by %s since it was read is left alone",
    async (move) => {
      const { queue, agent, lease, image, row } = await running();
      let moved: Record<string, unknown> | null = null;
      queue.database.pauseBefore = async (sql) => {
        if (moved !== null || !/^(update "jobs"|insert into "images")/.test(sql)) return;
        await env.DB.prepare(`UPDATE jobs SET ${move} WHERE mobilesd_job_id = ?`)
          .bind(lease.mobilesd_job_id)
          .run();
        moved = await row();
      };
      // Far enough on for a heartbeat to write.
      queue.now += DURATIONS.leaseRenewAfterMs;
      await write(agent, lease, image);
      queue.database.pauseBefore = undefined;
      if (moved !== null) expect(await row()).toEqual(moved);
      const images = await env.DB.prepare(
        "SELECT count(*) AS n FROM images WHERE mobilesd_job_id = ?",
      )
        .bind(lease.mobilesd_job_id)
        .first<number>("n");
      expect(images).toBe(0);
    },
  );
});

it("is what keeps a cancel that came between a read and a write", async () => {
  const { queue, owner, agent, lease, image } = await running();
  let isCancelled = false;
  queue.database.pauseBefore = async (sql) => {
    if (isCancelled || !sql.startsWith('update "jobs" set "status"')) return;
    isCancelled = true;
    const id = lease.mobilesd_job_id;
    await queue.call("POST", `/api/v1/queue/jobs/${id}/cancel`, { as: owner.auth });
  };
  const done = await agent.complete(lease, [manifestOf(image)]);
  expect(isCancelled).toBe(true);
  expect(done.status).toBe(409);
  queue.database.pauseBefore = undefined;
  expect((await agent.complete(lease, [manifestOf(image)])).body).toMatchObject({
    code: "job_cancelled",
  });
});

it("leaves a finished job alone when a heartbeat that was read before its end writes after it", async () => {
  const { queue, agent, lease, image, row } = await running();
  queue.now += DURATIONS.leaseRenewAfterMs;
  let finished: Record<string, unknown> | null = null;
  queue.database.pauseBefore = async (sql) => {
    if (finished !== null || !sql.startsWith('update "jobs"')) return;
    queue.database.pauseBefore = undefined;
    expect((await agent.complete(lease, [manifestOf(image)])).status).toBe(200);
    finished = await row();
  };
  const answer = await agent.heartbeat(lease);
  expect(finished).toMatchObject({ status: "completed", wake_at: null, lease_until: null });
  expect(await row()).toEqual(finished);
  expect(answer.body).toMatchObject({ status: 409, code: "lease_lost" });
});

it("lets a renewal stand against a sweep that had seen the lease run out", async () => {
  const { queue, agent, lease, row } = await running();
  queue.now += DURATIONS.leaseTtlMs;
  let isRenewed = false;
  queue.database.pauseBefore = async (sql, values) => {
    const isOurs = sql.startsWith("update") && values.includes(lease.mobilesd_job_id);
    if (isRenewed || !isOurs) return;
    isRenewed = true;
    await agent.heartbeat(lease);
  };
  await queue.sweep();
  expect(isRenewed).toBe(true);
  const leaseUntil = queue.now + DURATIONS.leaseTtlMs;
  expect(await row()).toMatchObject({ status_reason: "running", lease_until: leaseUntil });
});

it("needs an epoch and a token in the headers of a picture", async () => {
  const { agent, lease, image } = await running();
  for (const headers of [
    { [HEADERS.epoch]: "x" },
    { [HEADERS.epoch]: "1.5" },
    { [HEADERS.epoch]: "" },
  ]) {
    const answer = await agent.putImage(lease, image, { headers });
    expect(answer.body).toMatchObject({ status: 400, details: [{ field: "headers.epoch" }] });
  }
});
