import { LIMITS, ROLES } from "@mobilesd/contract";
import { expect, it } from "vitest";
import type { HubLook } from "../../../src/domain/hub.ts";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { authOf, newKey, newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const ask = (as: Record<string, string> = owner.auth) =>
    queue.call<{ servers: Record<string, unknown>[] }>("GET", "/api/v1/servers", { as });
  const server = async () => (await ask()).body.servers.find((one) => one.alias === agent.alias);
  const submit = (changes: Parameters<typeof exampleJob>[1] = {}) =>
    queue.call("POST", "/api/v2/generate", {
      as: owner.auth,
      json: exampleJob(agent.alias, changes),
    });
  /** Submits a job that the box takes and begins. */
  const begin = async () => {
    queue.now += 1;
    await submit();
    const lease = await agent.claim();
    await agent.start(lease);
    return { jobId: lease.mobilesd_job_id, epoch: lease.epoch };
  };
  return { queue, owner, agent, ask, server, submit, begin };
}

it("tells of a server how many jobs wait there, and when one more would start", async () => {
  const { queue, agent, server, submit } = await open();
  const now = new Date(queue.now).toISOString();
  expect(await server()).toMatchObject({ queue_length: 0, estimated_start_time: now });
  await submit();
  await submit({ not_before: new Date(queue.now + 60_000).toISOString() });
  await submit();
  const { body } = await submit({ dry_run: true, priority: LIMITS.priorityLast });
  expect(await server()).toMatchObject({
    queue_length: 2,
    estimated_start_time: body.estimated_start_time,
  });
  await agent.start(await agent.claim());
  const running = await server();
  expect(running).toMatchObject({ queue_length: 1 });
  expect(running).not.toHaveProperty("queue_length_is_minimum");
});

it("counts to a hundred, at no more than so many rows, and says that there may be more", async () => {
  const { queue, agent, server } = await open();
  await seedJobs(agent, { pending: 300 });
  queue.database.startCounting();
  expect(await server()).toMatchObject({
    queue_length: LIMITS.positionMax,
    queue_length_is_minimum: true,
  });
  const ofQueue = queue.database.costs.filter(({ sql }) => sql.includes("cost_megapixel_steps"));
  expect(Math.max(...ofQueue.map((one) => one.rowsRead))).toBeLessThanOrEqual(
    LIMITS.positionMax + 1,
  );
});

it("is told to keys that queue or read jobs, not to a box or one that only manages keys", async () => {
  const { queue, owner, agent, ask } = await open();
  const status = async (...permissions: Parameters<typeof newKey>[2]) =>
    (await ask(authOf(await newKey(queue, owner, permissions)))).status;
  expect(await status("jobs:submit")).toBe(200);
  expect(await status(...ROLES.viewer)).toBe(200);
  expect(await status("keys:manage")).toBe(403);
  expect((await ask({ ...agent.headers })).status).toBe(403);
});

it("tells what a box is, what it does at this moment, and how it is while it is connected", async () => {
  const { queue, agent, server, submit } = await open();
  const GPU = { name: null, vram_bytes: null };
  expect(await server()).toMatchObject({
    mode: "active",
    gpu: GPU,
    is_connected: false,
    free_vram_bytes: null,
    loaded_checkpoint: null,
    forge_state: null,
    current_job: null,
    held_jobs: 0,
  });
  const { body } = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  const { mobilesd_job_id: jobId, epoch } = lease;
  const endsAt = queue.now + 9_000;
  const run = { jobId, epoch, n: 3, progress: 61, phase: "drawing", endsAt } as const;
  const box = { forge: "working", freeVramBytes: 5_000, loadedCheckpoint: "a model" } as const;
  queue.hubs.looks.set(agent.alias, { isAgentThere: true, box, runs: [run] });
  expect(await server()).toMatchObject({
    is_connected: true,
    free_vram_bytes: 5_000,
    loaded_checkpoint: "a model",
    forge_state: "working",
    held_jobs: 1,
    current_job: {
      mobilesd_job_id: body.mobilesd_job_id,
      progress: 61,
      estimated_completion_time: new Date(endsAt).toISOString(),
    },
  });
  queue.hubs.looks.set(agent.alias, { isAgentThere: false, box: null, runs: [run] });
  expect(await server()).toMatchObject({ is_connected: false, free_vram_bytes: null });
});

it("keeps from other owners which job a box runs, and tells it to its own agent", async () => {
  const { queue, owner, agent, ask, submit } = await open();
  const { body } = await submit();
  await agent.start(await agent.claim());
  const currentFor = async (as: Record<string, string>) => {
    const { servers } = (await ask(as)).body;
    return servers.find((one) => one.alias === agent.alias)?.current_job;
  };
  const known = { mobilesd_job_id: body.mobilesd_job_id };
  expect(await currentFor(owner.auth)).toMatchObject(known);
  expect(await currentFor((await newOwner(queue)).auth)).toMatchObject({
    mobilesd_job_id: null,
    progress: 0,
  });
  expect(await currentFor((await newOwner(queue, "owner")).auth)).toMatchObject(known);
  const own = await queue.call("GET", "/api/v1/agent/server", { as: agent.headers });
  expect(own.body).toMatchObject({ alias: agent.alias, current_job: known });
  const stranger = await newAgent(queue, await newOwner(queue));
  const other = await queue.call("GET", "/api/v1/agent/server", { as: stranger.headers });
  expect(other.body).toMatchObject({ alias: stranger.alias, current_job: null });
});

it("takes for the current job the one on the GPU, not those whose pictures are on their way", async () => {
  const { queue, agent, server, submit, begin } = await open();
  const [one, two, three] = [await begin(), await begin(), await begin()];
  await submit();
  const run = { n: 9, phase: "finishing", progress: 99, endsAt: queue.now - 1_000 } as const;
  const uploads = [one, two].map((job) => ({ ...job, ...run }));
  const endsAt = queue.now + 9_000;
  const drawn = { ...three, ...run, phase: "drawing", progress: 40, endsAt } as const;
  const know = (...runs: HubLook["runs"]) =>
    queue.hubs.looks.set(agent.alias, { isAgentThere: true, box: null, runs });
  know(...uploads, drawn);
  const estimated_completion_time = new Date(endsAt).toISOString();
  const shown = await server();
  expect(shown).toMatchObject({
    current_job: { mobilesd_job_id: three.jobId, progress: 40, estimated_completion_time },
  });
  // Whoever waits does so for what is drawn, whatever is still uploaded.
  know(drawn);
  expect(await server()).toMatchObject({ estimated_start_time: shown?.estimated_start_time });
  know(...uploads, { ...drawn, endsAt: endsAt + 60_000 });
  const later = (await server())?.estimated_start_time;
  const startsAt = Date.parse(String(shown?.estimated_start_time));
  expect(Date.parse(String(later))).toBe(startsAt + 60_000);
  know();
  queue.now += 3_600_000;
  expect(await server()).toMatchObject({ current_job: { mobilesd_job_id: three.jobId } });
});

it("takes of two jobs that a box has begun the first for the one that it draws", async () => {
  const { queue, agent, server, submit } = await open();
  const first = (await submit()).body.mobilesd_job_id;
  queue.now += 1;
  await submit();
  const leases = [await agent.claim(), await agent.claim()];
  for (const lease of leases) {
    queue.now += 1_000;
    await agent.start(lease);
  }
  const one = await server();
  expect(one).toMatchObject({ queue_length: 0, current_job: { mobilesd_job_id: first } });
  const [, behind] = leases;
  if (behind) await agent.fail(behind, { kind: "user" });
  const later = await server();
  expect(Date.parse(String(one?.estimated_start_time))).toBeGreaterThan(
    Date.parse(String(later?.estimated_start_time)),
  );
});
