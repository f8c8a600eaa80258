import { DURATIONS } from "@mobilesd/contract";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { EXAMPLE_CATALOGUE, PONY } from "../../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    const json = exampleJob(agent.alias, changes);
    const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    return String(body.mobilesd_job_id);
  };
  const status = async (id: string) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  return { queue, owner, agent, submit, status };
}

it("grants a lease with everything that the run needs", async () => {
  const { agent, submit } = await open();
  const id = await submit({
    generation_params: exampleParams({ checkpoint_name: "cyberrealisticPony_v8" }),
  });
  const { body } = await agent.claimRaw();
  expect(body.job).toEqual({
    mobilesd_job_id: id,
    epoch: 1,
    lease_token: expect.stringMatching(/^mlt_[0-9a-f]{64}$/),
    lease_ttl_ms: DURATIONS.leaseTtlMs,
    attempt_count: 0,
    generation_params: expect.objectContaining({
      checkpoint_name: "cyberrealisticPony_v8",
      scheduler: "karras",
      steps: 20,
      clip_skip: 1,
    }),
    checkpoint_name: PONY,
  });
});

it("answers a repeated claim with the same lease, and another claim with another job", async () => {
  const { agent, submit } = await open();
  await submit();
  await submit();
  const claimId = crypto.randomUUID();
  const first = await agent.claim(claimId);
  expect(await agent.claim(claimId)).toEqual(first);
  const other = await agent.claim();
  expect(other.mobilesd_job_id).not.toBe(first.mobilesd_job_id);
  expect((await agent.claimRaw()).body.job).toBe(null);
  expect((await agent.start(first)).status).toBe(200);
});

it("says with each job whether another could be claimed right after it", async () => {
  const { queue, agent, submit } = await open();
  const hasMore = async (claimId?: string) => (await agent.claimRaw(claimId)).body;
  await submit();
  await submit();
  await submit({ not_before: new Date(queue.now + 60_000).toISOString() });
  const claimId = crypto.randomUUID();
  expect(await hasMore(claimId)).toMatchObject({ job: {}, has_more: true });
  expect(await hasMore()).toMatchObject({ job: {}, has_more: false });
  expect(await hasMore(claimId)).toMatchObject({ job: {}, has_more: false });
  expect(await hasMore()).toMatchObject({ job: null, has_more: false });
});

it("finds, grants and tells what comes next in one round trip to the database", async () => {
  const { queue, agent, submit } = await open();
  await submit();
  await agent.claimRaw("00000000-0000-4000-8000-000000000000");
  await submit();
  queue.database.startCounting();
  await agent.claim();
  expect(queue.database.statements).toHaveLength(1);
});

it("grants two agents' claims at once no job twice, over HTTP too", async () => {
  const { agent } = await open();
  await seedJobs(agent, { pending: 10 });
  const answers = await Promise.all(Array.from({ length: 16 }, () => agent.claimRaw()));
  const ids = answers.flatMap(({ body }) => (body.job ? [body.job.mobilesd_job_id] : []));
  expect(ids).toHaveLength(10);
  expect(new Set(ids).size).toBe(10);
});

it("is for the server's own jobs alone", async () => {
  const { queue, owner, submit } = await open();
  await submit();
  const other = await newAgent(queue, owner);
  expect((await other.claimRaw()).body.job).toBe(null);
});

it("refuses an agent that has not said hello, and one whose session was replaced", async () => {
  const { queue, owner, agent } = await open();
  const silent = await newAgent(queue, owner, { isSilent: true });
  expect((await silent.claimRaw()).body).toMatchObject({ status: 409, code: "session_unknown" });
  const old = agent.session;
  await agent.hello();
  const fresh = agent.session;
  agent.session = old;
  expect((await agent.claimRaw()).body).toMatchObject({ code: "session_superseded" });
  expect((await agent.putCatalogue()).body).toMatchObject({ code: "session_superseded" });
  agent.session = fresh;
  expect((await agent.claimRaw()).status).toBe(200);
});

it("speaks only its own version of the interface", async () => {
  const { queue, agent } = await open();
  for (const wire of [{}, { "MobileSD-Wire": "2" }]) {
    const answer = await queue.call("POST", "/api/v1/agent/claim", {
      as: agent.auth,
      headers: wire,
      json: { claim_id: crypto.randomUUID(), loaded_checkpoint: null },
    });
    expect(answer.body).toMatchObject({
      status: 400,
      details: [{ field: "MobileSD-Wire", limit: "1" }],
    });
  }
});

it("fails a job of before this schema, and goes on to the next", async () => {
  const { queue, agent, submit, status } = await open();
  const old = await submit();
  await env.DB.prepare(
    "UPDATE jobs SET generation_params_json = 'rubbish' WHERE mobilesd_job_id = ?",
  )
    .bind(old)
    .run();
  queue.now += 1;
  const good = await submit();
  expect((await agent.claim()).mobilesd_job_id).toBe(good);
  expect(await status(old)).toMatchObject({
    status: "failed",
    status_reason: "invalid_job",
    error: { code: "invalid_job" },
  });
});

it("never grants a job whose checkpoint has gone, and grants it by itself once it is back", async () => {
  const { queue, agent, submit, status } = await open();
  const waiting = await submit();
  const retrying = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  await agent.fail(lease, { kind: "infra" });
  const gone = {
    ...EXAMPLE_CATALOGUE,
    checkpoints: EXAMPLE_CATALOGUE.checkpoints.filter((one) => one.name !== PONY),
  };
  await agent.putCatalogue(gone);
  queue.now += DURATIONS.retryMaxMs;
  await queue.sweep();
  // The one that waited was put aside with the catalogue, the one in its backoff by the claim.
  expect((await agent.claimRaw()).body.job).toBe(null);
  for (const id of [waiting, retrying]) {
    expect(await status(id)).toMatchObject({
      status: "pending",
      status_reason: "missing_checkpoint",
    });
  }
  const refused = await queue.call("POST", "/api/v2/generate", {
    as: (await newOwner(queue)).auth,
    json: exampleJob(agent.alias),
  });
  expect(refused.body).toMatchObject({ code: "unknown_name" });
  await agent.putCatalogue();
  const ids = [await agent.claim(), await agent.claim()].map((one) => one.mobilesd_job_id);
  expect(new Set(ids)).toEqual(new Set([waiting, retrying]));
});
