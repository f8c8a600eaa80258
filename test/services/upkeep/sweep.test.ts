import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { DURATIONS } from "@mobilesd/contract";
import { sweepServer } from "../../../src/services/upkeep/sweep.ts";
import { EXAMPLE_CATALOGUE } from "../../support/example-catalogue.ts";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

it("reaches the job whose time has come behind more finished rows than one sweep looks at", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await seedJobs(agent, { finished: 150 });
  await env.DB.prepare("UPDATE jobs SET wake_at = 1 WHERE target_server_alias = ?")
    .bind(agent.alias)
    .run();
  const not_before = new Date(queue.now + 1_000).toISOString();
  const json = exampleJob(agent.alias, { not_before });
  const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  queue.now += 1_000;
  for (let sweeps = 0; sweeps < 2; sweeps++) await queue.sweep();
  const path = `/api/v1/queue/jobs/${body.mobilesd_job_id}/status`;
  const status = await queue.call("GET", path, { as: owner.auth });
  expect(status.body).toMatchObject({ status: "pending", status_reason: "queued" });
  const watched = await env.DB.prepare(
    "SELECT count(*) AS n FROM jobs WHERE status = 'completed' AND wake_at IS NOT NULL",
  ).first<number>("n");
  expect(watched).toBe(0);
});

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue, "owner");
  const agent = await newAgent(queue, owner);
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    queue.now += 1;
    const json = exampleJob(agent.alias, changes);
    await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  };
  /** How often the hub of this server was rung by the minute's sweep. */
  const ringsOfSweep = async () => {
    await queue.settle();
    queue.hubs.tells.length = 0;
    await queue.sweep();
    await queue.settle();
    const own = queue.hubs.tells.filter((one) => one.alias === agent.alias);
    return own.flatMap(({ news }) => news.toAgent ?? []).filter(({ type }) => type === "work")
      .length;
  };
  return { queue, owner, agent, submit, ringsOfSweep };
}

it("rings a server again whose first job could have been claimed for a while, and no other", async () => {
  const { queue, owner, agent, submit, ringsOfSweep } = await open();
  const { ringAgainAfterMs } = DURATIONS;
  expect(await ringsOfSweep()).toBe(0);
  await submit();
  queue.now += ringAgainAfterMs - 1;
  expect(await ringsOfSweep()).toBe(0);
  queue.now += 1;
  expect(await ringsOfSweep()).toBe(1);
  expect(await ringsOfSweep()).toBe(1);
  const order = (verb: string) =>
    queue.call("POST", `/api/v1/servers/${agent.alias}/${verb}`, { as: owner.auth });
  await order("pause");
  expect(await ringsOfSweep()).toBe(0);
  await order("resume");
  const lease = await agent.claim();
  expect(await ringsOfSweep()).toBe(0);
  await agent.start(lease);
  queue.now += ringAgainAfterMs;
  expect(await ringsOfSweep()).toBe(0);
});

it("looks for a line that stands still at a row or two a server, however long it is", async () => {
  const { queue, agent } = await open();
  await seedJobs(agent, { pending: 300 });
  queue.database.startCounting();
  await queue.sweep();
  const heads = queue.database.costs.filter(({ sql }) =>
    /^select "last_updated_timestamp"/.test(sql),
  );
  const ofAgent = Math.max(...heads.map(({ rowsRead }) => rowsRead));
  expect(ofAgent).toBeGreaterThan(0);
  expect(ofAgent).toBeLessThanOrEqual(2);
});

it("knows when a server must be swept again: by the first lease, wait or deadline of its rows", async () => {
  const { queue, agent, submit } = await open();
  const next = async () => (await sweepServer(queue.ctx, agent.alias)).nextAt;
  expect(await next()).toBe(null);
  await submit();
  expect(await next()).toBe(null);
  const waits = queue.now + 10_000_000;
  await submit({ not_before: new Date(waits).toISOString() });
  expect(await next()).toBe(waits);
  const leaseUntil = queue.now + DURATIONS.leaseTtlMs;
  const lease = await agent.claim();
  expect(await next()).toBe(leaseUntil);
  await agent.start(lease);
  queue.now = leaseUntil;
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 1, nextAt: waits });
  queue.now = waits;
  const lostAt = leaseUntil + DURATIONS.offlineDeadlineMs;
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 1, nextAt: lostAt });
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 0, nextAt: lostAt });
});

it("is due again at once where a lease was renewed in that very moment, so that its end is not missed", async () => {
  const { queue, agent, submit } = await open();
  await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  queue.now += DURATIONS.leaseTtlMs;
  queue.database.pauseBefore = async (sql) => {
    if (!/^update "jobs"/.test(sql)) return;
    queue.database.pauseBefore = undefined;
    await agent.heartbeat(lease);
  };
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 0, nextAt: queue.now });
  const nextAt = queue.now + DURATIONS.leaseTtlMs;
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 0, nextAt });
});

it("is due again when the patience with a silent holder of a lease ends", async () => {
  const { queue, agent, submit } = await open();
  await submit();
  await agent.claim();
  queue.now += DURATIONS.leaseTtlMs;
  const nextAt = queue.now + DURATIONS.leaseGraceMs;
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 1, nextAt });
  queue.now = nextAt;
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 1, nextAt: null });
  expect(await agent.claim()).toMatchObject({ attempt_count: 0 });
});

it("is due again at once where more jobs wait than one sweep looks at, and never for a lost checkpoint", async () => {
  const { queue, agent } = await open();
  await seedJobs(agent, { later: 150 });
  queue.now += 60_000;
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 100, nextAt: queue.now });
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 50, nextAt: null });
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, checkpoints: [] });
  expect(await sweepServer(queue.ctx, agent.alias)).toEqual({ changed: 0, nextAt: null });
});
