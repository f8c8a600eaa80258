import { DURATIONS } from "@mobilesd/contract";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open(options: { isSilent?: boolean } = {}) {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, options);
  const as = owner.auth;
  const submit = (changes: Parameters<typeof exampleJob>[1] = {}) => {
    queue.now += 1;
    return queue.call("POST", "/api/v2/generate", { as, json: exampleJob(agent.alias, changes) });
  };
  /** What each of the ways to look at a job says of it. */
  const reasons = async (id: unknown) => {
    const job = await queue.call("GET", `/api/v1/queue/jobs/${id}`, { as });
    const status = await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as });
    const path = "/api/v1/queue/jobs?limit=200";
    const { body } = await queue.call<{ jobs: Record<string, unknown>[] }>("GET", path, { as });
    const listed = body.jobs.find((one) => one.mobilesd_job_id === id);
    return [job.body.status_reason, status.body.status_reason, listed?.status_reason];
  };
  const server = async () => {
    const { body } = await queue.call<{ servers: Record<string, unknown>[] }>(
      "GET",
      "/api/v1/servers",
      { as },
    );
    return body.servers.find((one) => one.alias === agent.alias);
  };
  return { queue, owner, agent, submit, reasons, server };
}

const QUEUED = ["queued", "queued", "queued"];
const WAITING = ["waiting_for_server", "waiting_for_server", "waiting_for_server"];

it("tells that a box is absent once it has not asked for work for long, and no longer than that", async () => {
  const { queue, agent, submit, reasons, server } = await open();
  const seenAt = queue.now;
  const { body } = await submit();
  queue.now = seenAt + DURATIONS.serverAbsentAfterMs - 1;
  expect(await reasons(body.mobilesd_job_id)).toEqual(QUEUED);
  expect(await server()).toMatchObject({ is_present: true });
  queue.now += 1;
  expect(await reasons(body.mobilesd_job_id)).toEqual(WAITING);
  expect(await server()).toMatchObject({
    is_present: false,
    last_seen_at: new Date(seenAt).toISOString(),
  });
  const second = await submit();
  expect(second.body).toMatchObject({
    status_reason: "waiting_for_server",
    queue_position: 2,
    estimated_start_time: expect.any(String),
  });
  expect((await submit({ dry_run: true })).body.status_reason).toBe("waiting_for_server");
  await agent.hello();
  expect(await reasons(body.mobilesd_job_id)).toEqual(QUEUED);
  expect((await submit()).body.status_reason).toBe("queued");
});

it("tells of a box that never came that it is absent", async () => {
  const { submit, reasons, server } = await open({ isSilent: true });
  const { body } = await submit();
  expect(body.status_reason).toBe("waiting_for_server");
  expect(await reasons(body.mobilesd_job_id)).toEqual(WAITING);
  expect(await server()).toMatchObject({ is_present: false, last_seen_at: null });
});

it("takes an idle box that asks for work for present, at one write in a while", async () => {
  const { queue, agent, reasons, submit } = await open();
  const later = {
    not_before: new Date(queue.now + 3 * DURATIONS.serverAbsentAfterMs).toISOString(),
  };
  await submit(later);
  queue.database.startCounting();
  const start = queue.now;
  while (queue.now - start < 2 * DURATIONS.serverAbsentAfterMs) {
    queue.now += DURATIONS.claimPollIdleMs;
    await agent.claimRaw();
  }
  const writes = queue.database.costs.filter(({ rowsWritten }) => rowsWritten > 0);
  const most = (2 * DURATIONS.serverAbsentAfterMs) / DURATIONS.serverSeenResolutionMs;
  expect(writes.length).toBeGreaterThan(1);
  expect(writes.length).toBeLessThanOrEqual(most);
  queue.now += DURATIONS.serverAbsentAfterMs - DURATIONS.serverSeenResolutionMs - 2;
  expect(await reasons((await submit()).body.mobilesd_job_id)).toEqual(QUEUED);
});

it("takes a box for present for as long as it holds the lease of a job, and right after it", async () => {
  const { queue, agent, submit, reasons } = await open();
  await submit();
  const waiting = (await submit()).body.mobilesd_job_id;
  const lease = await agent.claim();
  await agent.start(lease);
  for (let passed = 0; passed <= DURATIONS.serverAbsentAfterMs; passed += 30_000) {
    queue.now += 30_000;
    await agent.heartbeat(lease);
  }
  expect(await reasons(waiting)).toEqual(QUEUED);
  await agent.finish(lease);
  expect(await reasons(waiting)).toEqual(QUEUED);
});

it("takes a box that broke off in a job for absent when its lease is over", async () => {
  const { queue, agent, submit, reasons } = await open();
  const running = (await submit()).body.mobilesd_job_id;
  const waiting = (await submit()).body.mobilesd_job_id;
  await agent.start(await agent.claim());
  queue.now += DURATIONS.serverAbsentAfterMs;
  expect(await reasons(waiting)).toEqual(WAITING);
  await queue.sweep();
  expect(await reasons(running)).toEqual(["agent_offline", "agent_offline", "agent_offline"]);
});

it("never lets an absent box hide what a job waits for itself", async () => {
  const { queue, agent, submit, reasons } = await open();
  const later = { not_before: new Date(queue.now + 7 * 86_400_000).toISOString() };
  const { body } = await submit(later);
  await submit();
  queue.random = 0.99;
  const lease = await agent.claim();
  await agent.start(lease);
  await agent.fail(lease, { kind: "infra" });
  queue.now += DURATIONS.serverAbsentAfterMs;
  expect(await reasons(body.mobilesd_job_id)).toEqual(["not_before", "not_before", "not_before"]);
  expect(await reasons(lease.mobilesd_job_id)).toEqual(["retrying", "retrying", "retrying"]);
});

it("finds who is present by searches of an index, however long the history", async () => {
  const { queue, submit, server } = await open();
  await submit();
  queue.database.startCounting();
  await server();
  const asked = queue.database.statements.filter((sql) => /max\(lease_until/.test(sql));
  expect(asked).toHaveLength(1);
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked[0]}`).all<{
    detail: string;
  }>();
  const onJobs = results.map((row) => row.detail).filter((line) => /\bjobs\b/.test(line));
  expect(onJobs).toEqual([expect.stringMatching(/^SEARCH jobs USING INDEX jobs_to_wake/)]);
});

it("takes a box that is busy with its owner's own work for present, and gives it nothing", async () => {
  const { queue, agent, submit, reasons } = await open();
  const { body } = await submit();
  for (let minutes = 0; minutes < 10; minutes++) {
    queue.now += 60_000;
    const json = { claim_id: crypto.randomUUID(), loaded_checkpoint: null, slots: 0 };
    const asked = await agent.post("claim", json);
    expect(asked.body).toMatchObject({ job: null, has_more: false });
  }
  expect(await reasons(body.mobilesd_job_id)).toEqual(QUEUED);
});
