import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { exampleImage, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const { body } = await queue.call("POST", "/api/v2/generate", {
    as: owner.auth,
    json: exampleJob(agent.alias),
  });
  const id = String(body.mobilesd_job_id);
  const call = (method: string, path = "") =>
    queue.call(method, `/api/v1/queue/jobs/${id}${path}`, { as: owner.auth });
  const objects = async () =>
    (await env.BUCKET.list({ prefix: `owners/${owner.id}/jobs/${id}/` })).objects.length;
  return { queue, owner, agent, id, call, objects };
}

it("removes a finished job with its rows and every object of it", async () => {
  const { queue, agent, id, call, objects } = await open();
  const first = await agent.claim();
  await agent.start(first);
  await agent.putImage(first, await exampleImage("x"));
  await agent.release(first);
  await agent.finish(await agent.claim());
  await queue.settle();
  expect(await objects()).toBe(2);
  const deleted = await call("DELETE");
  expect([deleted.status, deleted.text]).toEqual([204, ""]);
  expect(await objects()).toBe(0);
  expect((await call("GET", "/status")).status).toBe(404);
  expect((await call("DELETE")).status).toBe(404);
  const rows = await env.DB.prepare("SELECT count(*) AS n FROM images WHERE mobilesd_job_id = ?")
    .bind(id)
    .first<number>("n");
  expect(rows).toBe(0);
});

it("removes a waiting and an assigned job; the agent's lease is then for nothing", async () => {
  const { agent, call } = await open();
  const lease = await agent.claim();
  expect((await call("DELETE")).status).toBe(204);
  expect((await agent.start(lease)).body).toMatchObject({ code: "not_found" });
  expect((await agent.claimRaw()).body.job).toBe(null);
});

it("does not touch a job that is being processed", async () => {
  const { agent, call, objects } = await open();
  const lease = await agent.claim();
  await agent.start(lease);
  expect((await call("DELETE")).body).toMatchObject({ status: 409, code: "job_processing" });
  await agent.finish(lease);
  expect(await objects()).toBe(2);
  expect((await call("DELETE")).status).toBe(204);
});

it("never leaves pictures of a job that is gone when both happen at once", async () => {
  for (let round = 0; round < 5; round++) {
    const { agent, call, id, objects } = await open();
    const lease = await agent.claim();
    const [started] = await Promise.all([agent.start(lease), call("DELETE")]);
    const rows = await env.DB.prepare("SELECT status FROM jobs WHERE mobilesd_job_id = ?")
      .bind(id)
      .first();
    expect(started.status === 200).toBe(rows !== null);
    if (rows === null) expect(await objects()).toBe(0);
  }
});
