import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { sweepServer } from "../../../src/services/upkeep/sweep.ts";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent, type TestAgent } from "../../support/workerd/new-agent.ts";
import { newOwner, type TestOwner } from "../../support/workerd/new-owner.ts";
import { openQueue, type TestQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

/** What a position and its estimate read: the jobs ahead, and the running one. */
const isPosition = (sql: string) =>
  sql.includes("(priority, creation_timestamp, mobilesd_job_id) <") ||
  sql.startsWith('select "cost_megapixel_steps", "checkpoint_name", "started_timestamp"');

async function live(queue: TestQueue, owner: TestOwner, agent: TestAgent): Promise<void> {
  const json = exampleJob(agent.alias, { priority: 1 });
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.finish(lease);
  await queue.settle();
}

/** D1 rows of one whole life, from submit to complete, on a server that has done such a job before. */
async function costOfALife(seeded: Parameters<typeof seedJobs>[1]) {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await seedJobs(agent, seeded, owner.id);
  await live(queue, owner, agent);
  queue.database.startCounting();
  await live(queue, owner, agent);

  const { costs } = queue.database;
  const sum = (list: typeof costs, what: "rowsRead" | "rowsWritten") =>
    list.reduce((total, cost) => total + cost[what], 0);
  return {
    read: sum(
      costs.filter(({ sql }) => !isPosition(sql)),
      "rowsRead",
    ),
    position: sum(
      costs.filter(({ sql }) => isPosition(sql)),
      "rowsRead",
    ),
    written: sum(costs, "rowsWritten"),
    list: costs.map(
      ({ sql, rowsRead, rowsWritten }) => `${rowsRead}/${rowsWritten} ${sql.slice(0, 60)}`,
    ),
  };
}

it("costs a life of a job the same few rows however long history and queue are", async () => {
  // One job waits behind it, which the claim's answer tells of.
  const small = await costOfALife({ finished: 100, pending: 1 });
  expect(small.written, small.list.join("\n")).toBeLessThanOrEqual(10);
  expect(small.read, small.list.join("\n")).toBeLessThanOrEqual(20);
  const large = await costOfALife({ finished: 10_000, pending: 1_000, later: 300 });
  expect({ ...large, list: [] }).toEqual({ ...small, list: [] });
});

it("reads at most 101 rows for a position, however many jobs stand before it", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await seedJobs(agent, { pending: 1_000 }, owner.id);
  queue.database.startCounting();
  const json = exampleJob(agent.alias, { priority: 10 });
  const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  expect(body).toMatchObject({ queue_position: 100, queue_position_is_minimum: true });
  const position = queue.database.costs.filter(({ sql }) => isPosition(sql));
  expect(position).toHaveLength(2);
  expect(position.reduce((sum, cost) => sum + cost.rowsRead, 0)).toBeLessThanOrEqual(101);
});

it("writes nothing while there is nothing to do", async () => {
  const queue = openQueue();
  const agent = await newAgent(queue, await newOwner(queue));
  await agent.claimRaw();
  await queue.settle();
  queue.database.startCounting();
  for (let i = 0; i < 5; i++) {
    queue.now += 15_000;
    expect((await agent.claimRaw()).body.job).toBe(null);
  }
  expect(queue.database.costs.every((cost) => cost.rowsWritten === 0)).toBe(true);
});

it("writes nothing for the claims of an idle agent that is connected, not even in a week", async () => {
  const queue = openQueue();
  const agent = await newAgent(queue, await newOwner(queue));
  await queue.settle();
  queue.database.startCounting();
  const json = { loaded_checkpoint: null, is_connected: true };
  for (let hour = 0; hour < 7 * 24; hour++) {
    queue.now += DURATIONS.claimBackstopMs;
    const claim_id = crypto.randomUUID();
    expect((await agent.post("claim", { ...json, claim_id })).body).toMatchObject({ job: null });
  }
  await queue.settle();
  const { costs, statements } = queue.database;
  expect(costs.filter(({ rowsWritten }) => rowsWritten > 0)).toEqual([]);
  // Each of them one check of the key and one look for a job.
  expect(statements).toHaveLength(2 * 7 * 24);
});

it("renews the lease of a connected agent's job with each of its few heartbeats, and tells nobody", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: exampleJob(agent.alias) });
  const lease = await agent.claim();
  await agent.start(lease);
  await queue.settle();
  queue.database.startCounting();
  queue.hubs.tells.length = 0;
  for (let beats = 0; beats < 20; beats++) {
    queue.now += DURATIONS.leaseRenewAfterMs;
    expect((await agent.heartbeat(lease)).status).toBe(200);
    expect(await sweepServer(queue.ctx, agent.alias)).toMatchObject({ changed: 0 });
  }
  await queue.settle();
  const renewals = queue.database.statements.filter((sql) => /^update "jobs"/.test(sql));
  expect(renewals).toHaveLength(20);
  expect(queue.hubs.tells).toEqual([]);
});

it("writes at most once in thirty seconds for a heartbeat", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: exampleJob(agent.alias) });
  const lease = await agent.claim();
  await agent.start(lease);
  await queue.settle();
  queue.database.startCounting();
  for (let passedMs = 0; passedMs < 120_000; passedMs += 4_000) {
    queue.now += 4_000;
    expect((await agent.heartbeat(lease)).status).toBe(200);
  }
  const writes = queue.database.costs.filter((cost) => cost.rowsWritten > 0);
  expect(writes.length).toBeGreaterThanOrEqual(3);
  expect(writes.length).toBeLessThanOrEqual(4);
});
