import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { exampleJob, exampleParams } from "../support/example-job.ts";
import { pngOf } from "../support/example-pictures.ts";
import { newAgent } from "../support/workerd/new-agent.ts";
import { newOwner } from "../support/workerd/new-owner.ts";
import { openQueue, type TestQueue } from "../support/workerd/open-queue.ts";

/** What belongs to an owner. */
const OWNED = /\b(jobs|images|uploads|idempotency_records)\b/;

/** By what a statement chooses its rows, or for an insert what it puts in: not what it answers. */
function choiceOf(sql: string): string {
  const [told = ""] = sql.split(/ returning /i);
  return /^\s*insert/i.test(told) ? told : told.slice(told.search(/\bwhere\b/i));
}

/** Statements on things of an owner that name neither the owner nor the server whose agent asks. */
function strayStatements(queue: TestQueue): string[] {
  return queue.database.statements
    .flatMap((sql) => sql.split(";\n"))
    .filter((sql) => OWNED.test(sql))
    .filter((sql) => !/owner_id|target_server_alias/.test(choiceOf(sql)));
}

/** Whatever a member and an agent can do to a job, an upload and a picture. */
async function useEverything(queue: TestQueue): Promise<void> {
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  queue.database.startCounting();
  const as = owner.auth;
  const ask = async (method: string, path: string, status = 200) => {
    const answer = await queue.call(method, path, { as });
    expect([path, answer.status]).toEqual([path, status]);
  };
  const bytes = pngOf(8, 8);
  const upload = await queue.call("POST", "/api/v2/uploads", {
    as,
    body: bytes,
    headers: { "Content-Length": String(bytes.length) },
  });
  const img2img = { init_image: { upload_id: String(upload.body.upload_id) } };
  const submit = async () => {
    queue.now += 1;
    const json = exampleJob(agent.alias, { generation_params: exampleParams({ img2img }) });
    const headers = { "Idempotency-Key": String(queue.now) };
    const { body } = await queue.call("POST", "/api/v2/generate", { as, json, headers });
    return `/api/v1/queue/jobs/${body.mobilesd_job_id}`;
  };
  const done = await submit();
  const lease = await agent.claim();
  await queue.call("GET", `/api/v1/agent/uploads/${upload.body.upload_id}`, { as: agent.headers });
  await agent.start(lease);
  queue.now += DURATIONS.leaseRenewAfterMs;
  await agent.heartbeat(lease);
  await agent.finish(lease);
  await ask("GET", done);
  await ask("GET", `${done}/status`);
  await ask("GET", "/api/v1/queue/jobs?q=x");
  await ask("GET", `/api/v1/images/download/${lease.mobilesd_job_id}_00001.png`);
  await ask("DELETE", done, 204);

  const failed = await submit();
  const second = await agent.claim();
  await agent.start(second);
  await agent.fail(second, { kind: "infra" });
  queue.now += DURATIONS.retryMaxMs;
  await queue.sweep();
  await agent.release(await agent.claim());
  await ask("POST", `${failed}/cancel`);
  await submit();
  await agent.start(await agent.claim());
  await agent.hello();
  await agent.putCatalogue();
  await queue.settle();
}

it("names the owner, or the server whose agent asks, in every statement on what an owner has", async () => {
  const queue = openQueue();
  await useEverything(queue);
  expect(queue.database.statements.length).toBeGreaterThan(50);
  expect(strayStatements(queue)).toEqual([]);
});
