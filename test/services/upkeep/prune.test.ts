import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { pngOf } from "../../support/example-pictures.ts";
import { exampleImage, manifestOf, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const count = (table: string) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n");

it("forgets keys of old submissions, sessions and codes, and nothing that still counts", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue, "owner");
  const agent = await newAgent(queue, owner);
  const submit = (key: string) =>
    queue.call("POST", "/api/v2/generate", {
      as: owner.auth,
      json: exampleJob(agent.alias),
      headers: { "Idempotency-Key": key },
    });
  const first = await submit("old");
  await queue.call("POST", "/api/v1/session", {
    json: { key: owner.key.key, secret: owner.key.secret },
  });
  await queue.call("POST", "/api/v1/pairings", { as: owner.auth, json: { for: "page" } });
  queue.now += DURATIONS.idempotencyTtlMs;
  await submit("young");
  await queue.prune();
  expect((await submit("old")).body).toEqual(first.body);
  expect(await count("pairing_codes")).toBe(0);
  expect(await count("page_sessions")).toBe(1);
  queue.now += 1;
  await queue.prune();
  expect(await count("idempotency_records")).toBe(1);
  expect((await submit("old")).body.mobilesd_job_id).not.toBe(first.body.mobilesd_job_id);
  queue.now += DURATIONS.pageSessionTtlMs;
  await queue.prune();
  expect(await count("page_sessions")).toBe(0);
  expect(await count("jobs")).toBe(3);
});

it("takes more than one pass holds in one night", async () => {
  const queue = openQueue();
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
     INSERT INTO page_sessions (token_hash, api_key_id, created_at, expires_at)
     SELECT 'hash ' || i, 'key', '', 1 FROM n`,
  ).run();
  await queue.prune();
  expect(await count("page_sessions")).toBe(0);
});

it("takes unused uploads after a day, their objects with them", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const bytes = pngOf(8, 8);
  const { body } = await queue.call("POST", "/api/v2/uploads", {
    as: owner.auth,
    body: bytes,
    headers: { "Content-Length": String(bytes.length) },
  });
  const stored = () => env.BUCKET.head(`owners/${owner.id}/uploads/${body.upload_id}`);
  queue.now += DURATIONS.unusedUploadTtlMs;
  await queue.prune();
  expect(await stored()).not.toBe(null);
  queue.now += 1;
  await queue.prune();
  expect(await stored()).toBe(null);
  expect(await count("uploads")).toBe(0);
});

it("takes objects that no row speaks of, only old ones, and never a result", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.finish(lease);
  const strays = [
    `owners/${owner.id}/jobs/${lease.mobilesd_job_id}/9/1.image`,
    `owners/${owner.id}/jobs/${crypto.randomUUID()}/1/1.image`,
    `owners/${owner.id}/uploads/upl_${"z".repeat(22)}`,
  ];
  for (const key of [...strays, `owners/${owner.id}/something else`])
    await env.BUCKET.put(key, "x");
  const keys = async () =>
    (await env.BUCKET.list({ prefix: `owners/${owner.id}/` })).objects.map(({ key }) => key);
  const before = await keys();
  // R2 stamps objects by its own clock.
  queue.now = Date.now();
  await queue.prune();
  expect(await keys()).toEqual(before);
  queue.now += DURATIONS.unusedUploadTtlMs + 1_000;
  await queue.prune();
  expect(await keys()).toEqual(before.filter((key) => !strays.includes(key)));
});

it("leaves alone what a job that is still open has stored, however old", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.start(lease);
  const image = await exampleImage("of a long run");
  await agent.putImage(lease, image);
  queue.now = Date.now() + DURATIONS.unusedUploadTtlMs + 1_000;
  await queue.prune();
  expect((await agent.complete(lease, [manifestOf(image)])).status).toBe(200);
});

it("goes on the night after where so many objects made it stop", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const put = (n: number) =>
    env.BUCKET.put(`owners/${owner.id}/uploads/upl_${String(n).padStart(22, "0")}`, "x");
  for (let n = 0; n < 5; n++) await put(n);
  queue.now = Date.now() + DURATIONS.unusedUploadTtlMs + 1_000;
  const marker = "upkeep/orphans-looked-at";
  await env.BUCKET.put(marker, `owners/${owner.id}/uploads/upl_${"2".padStart(22, "0")}`);
  await queue.prune();
  const left = await env.BUCKET.list({ prefix: `owners/${owner.id}/uploads/` });
  expect(left.objects).toHaveLength(3);
  expect(await env.BUCKET.head(marker)).toBe(null);
  await queue.prune();
  expect((await env.BUCKET.list({ prefix: `owners/${owner.id}/uploads/` })).objects).toEqual([]);
});
