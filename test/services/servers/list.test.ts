import { LIMITS, ROLES } from "@mobilesd/contract";
import { expect, it } from "vitest";
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
  return { queue, owner, agent, ask, server, submit };
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
