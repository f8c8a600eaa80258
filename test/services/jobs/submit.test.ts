import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { pngOf } from "../../support/example-pictures.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { ORIGIN, openQueue } from "../../support/workerd/open-queue.ts";

async function open(options: { isSilent?: boolean } = {}) {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, options);
  const submit = (json: object, headers: Record<string, string> = {}) =>
    queue.call("POST", "/api/v2/generate", { as: owner.auth, json, headers });
  const job = (changes: Parameters<typeof exampleJob>[1] = {}) => exampleJob(agent.alias, changes);
  const params = (changes: Parameters<typeof exampleParams>[0]) =>
    job({ generation_params: exampleParams(changes) });
  const status = async (id: unknown) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  const countJobs = () =>
    env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE owner_id = ?")
      .bind(owner.id)
      .first<number>("n");
  return { queue, owner, agent, submit, job, params, status, countJobs };
}

it("answers a submit with exactly the fields of the interface", async () => {
  const { queue, submit, job } = await open();
  const answer = await submit(job());
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    success: true,
    mobilesd_job_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    queue_position: 1,
    estimated_start_time: new Date(queue.now).toISOString(),
    status_url: `${ORIGIN}/api/v1/queue/jobs/${answer.body.mobilesd_job_id}/status`,
    status_reason: "queued",
  });
});

it("counts the jobs that run before one: by priority, then by age", async () => {
  const { queue, submit, job } = await open();
  const position = async (priority: number) => {
    queue.now += 1;
    return (await submit(job({ priority }))).body.queue_position;
  };
  expect(await position(5)).toBe(1);
  expect(await position(5)).toBe(2);
  expect(await position(1)).toBe(1);
  expect(await position(10)).toBe(4);
  expect(await position(5)).toBe(4);
});

it("estimates a start from what is ahead and what the server has shown", async () => {
  const { queue, agent, submit, job } = await open();
  await submit(job());
  const first = await agent.claim();
  await agent.finish(first);
  const start = async () => Date.parse(String((await submit(job())).body.estimated_start_time));
  expect(await start()).toBe(queue.now);
  queue.now += 1;
  // The finished job took 3 s on the GPU and loaded nothing; the guess for a load is 8 s.
  expect((await start()) - queue.now).toBe(3_000 + 8_000);
});

it("queues nothing for a dry run, and says where the job would stand", async () => {
  const { submit, job, countJobs } = await open();
  const answer = await submit(job({ dry_run: true }), { "Idempotency-Key": "dry" });
  expect(answer.body).toEqual({
    success: true,
    dry_run: true,
    queue_position: 1,
    estimated_start_time: expect.any(String),
    status_reason: "queued",
  });
  expect(await countJobs()).toBe(0);
  const real = await submit(job(), { "Idempotency-Key": "dry" });
  expect(real.headers.get("idempotency-replayed")).toBe(null);
  expect(await countJobs()).toBe(1);
});

describe("an Idempotency-Key", () => {
  it("answers the same request with the same job, whatever the order of its fields", async () => {
    const { submit, job, countJobs } = await open();
    const key = { "Idempotency-Key": "once" };
    const first = await submit(job(), key);
    const reordered = Object.fromEntries(Object.entries(job()).reverse());
    const second = await submit(reordered, key);
    expect(second.body).toEqual(first.body);
    expect(first.headers.get("idempotency-replayed")).toBe(null);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await countJobs()).toBe(1);
  });

  it("is refused for another request", async () => {
    const { submit, job, countJobs } = await open();
    const key = { "Idempotency-Key": "once" };
    await submit(job(), key);
    const other = await submit(job({ priority: 1 }), key);
    expect(other.body).toMatchObject({ status: 422, code: "idempotency_key_reused" });
    expect(await countJobs()).toBe(1);
  });

  it("makes one job of many requests at once", async () => {
    const { submit, job, countJobs } = await open();
    const key = { "Idempotency-Key": "race" };
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(job(), key)));
    expect(new Set(answers.map((answer) => answer.body.mobilesd_job_id)).size).toBe(1);
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(await countJobs()).toBe(1);
  });

  it("finds the job of a submit whose answer was lost on its way", async () => {
    const { queue, submit, job, countJobs } = await open();
    const key = { "Idempotency-Key": "ambiguous" };
    queue.database.faultOf = (sql) => (sql.startsWith('insert into "jobs"') ? "after" : undefined);
    const lost = await submit(job(), key);
    // The row was written, and the request itself found it again.
    expect(lost.status).toBe(200);
    queue.database.faultOf = undefined;
    const again = await submit(job(), key);
    expect(again.body).toEqual(lost.body);
    expect(await countJobs()).toBe(1);
  });

  it("keeps nothing of a request that was refused, so that it can be mended", async () => {
    const { submit, job, params, countJobs } = await open();
    const key = { "Idempotency-Key": "mended" };
    expect((await submit(params({ sampler_name: "nope" }), key)).status).toBe(400);
    expect((await submit(job(), key)).status).toBe(200);
    expect(await countJobs()).toBe(1);
  });

  it("belongs to one owner", async () => {
    const { queue, agent, submit, job } = await open();
    const key = { "Idempotency-Key": "shared" };
    const mine = await submit(job(), key);
    const other = await newOwner(queue);
    const json = exampleJob(agent.alias);
    const theirs = await queue.call("POST", "/api/v2/generate", {
      as: other.auth,
      json,
      headers: key,
    });
    expect(theirs.body.mobilesd_job_id).not.toBe(mine.body.mobilesd_job_id);
  });

  it("is visible ASCII of at most 255 characters", async () => {
    const { submit, job } = await open();
    for (const bad of ["a b", "x".repeat(256), "ä"]) {
      const answer = await submit(job(), { "Idempotency-Key": bad });
      expect(answer.body).toMatchObject({
        code: "invalid_request",
        details: [{ field: "Idempotency-Key", limit: 255 }],
      });
    }
    expect((await submit(job(), { "Idempotency-Key": "x".repeat(255) })).status).toBe(200);
  });
});

describe("a job that waits", () => {
  it("says so when its server was never there, and is taken on trust", async () => {
    const { submit, params, status } = await open({ isSilent: true });
    const answer = await submit(params({ checkpoint_name: "anything", sampler_name: "any" }));
    expect(answer.body).toMatchObject({ status_reason: "waiting_for_server", queue_position: 1 });
    expect(answer.body.estimated_start_time).toEqual(expect.any(String));
    expect(await status(answer.body.mobilesd_job_id)).toMatchObject({ status: "pending" });
  });

  it("for its hour is claimed only then", async () => {
    const { queue, agent, submit, job, status } = await open();
    const hour = queue.now + 3_600_000;
    const answer = await submit(job({ not_before: new Date(hour).toISOString() }));
    expect(answer.body).toMatchObject({
      status_reason: "not_before",
      estimated_start_time: new Date(hour).toISOString(),
    });
    expect((await agent.claimRaw()).body.job).toBe(null);
    queue.now = hour - 1;
    expect((await agent.claimRaw()).body.job).toBe(null);
    queue.now = hour;
    await queue.sweep();
    expect(await status(answer.body.mobilesd_job_id)).toMatchObject({ status_reason: "queued" });
    expect((await agent.claim()).mobilesd_job_id).toBe(answer.body.mobilesd_job_id);
  });

  it("longer than it may is cancelled as expired, and never claimed in the meantime", async () => {
    const { queue, agent, submit, job, status } = await open();
    const byTtl = await submit(job({ ttl_seconds: 60 }));
    const byDate = await submit(job({ start_by: new Date(queue.now + 60_000).toISOString() }));
    queue.now += 60_000;
    expect((await agent.claimRaw()).body.job).toBe(null);
    await queue.sweep();
    for (const { body } of [byTtl, byDate]) {
      expect(await status(body.mobilesd_job_id)).toMatchObject({
        status: "cancelled",
        status_reason: "expired",
        queue_position: null,
        estimated_start_time: null,
      });
    }
  });
});

it("keeps an upload for as long as a job names it, and no longer", async () => {
  const { queue, owner, submit, params, agent } = await open();
  const bytes = pngOf(64, 64);
  const upload = await queue.call("POST", "/api/v2/uploads", {
    as: owner.auth,
    body: bytes,
    headers: { "Content-Length": String(bytes.length) },
  });
  const ref = { upload_id: String(upload.body.upload_id) };
  const img2img = { init_image: ref, mask: ref };
  const one = await submit(params({ img2img }));
  const two = await submit(params({ img2img }));
  expect(one.status).toBe(200);
  const lease = await agent.claim();
  const read = (as: Record<string, string>) =>
    queue.call("GET", `/api/v1/agent/uploads/${ref.upload_id}`, { as });
  const file = await read(agent.headers);
  expect(file.bytes).toEqual(bytes);
  expect(file.headers.get("content-type")).toBe("image/png");
  await agent.release(lease);
  expect((await read(agent.headers)).status).toBe(404);
  queue.now += 2 * DURATIONS.unusedUploadTtlMs;
  const exists = async () => {
    await queue.prune();
    return (await env.BUCKET.head(`owners/${owner.id}/uploads/${ref.upload_id}`)) !== null;
  };
  const remove = (id: unknown) =>
    queue.call("DELETE", `/api/v1/queue/jobs/${id}`, { as: owner.auth });
  expect(await exists()).toBe(true);
  await remove(one.body.mobilesd_job_id);
  expect(await exists()).toBe(true);
  await remove(two.body.mobilesd_job_id);
  expect(await exists()).toBe(false);
  expect((await submit(params({ img2img }))).body).toMatchObject({ code: "unknown_upload" });
});

it("takes an infotext in place of the parameters", async () => {
  const { submit, job, status } = await open();
  const { generation_params: _, ...rest } = job();
  const generation_info_raw =
    "a red cube\nNegative prompt: blurry\nSteps: 12, Sampler: Euler a, Schedule type: Karras, CFG scale: 5.5, Seed: 1234, Size: 64x128, Model hash: c0ffee00c0, Model: cyberrealisticPony_v8, Version: f2.0.1";
  const answer = await submit({ ...rest, generation_info_raw });
  expect(answer.status).toBe(200);
  expect(await status(answer.body.mobilesd_job_id)).toMatchObject({
    generation_params: {
      positive_prompt: "a red cube",
      checkpoint_name: "cyberrealisticPony_v8 [c0ffee00c0]",
      scheduler: "karras",
      steps: 12,
      width: 64,
      height: 128,
      seed: 1234,
    },
  });
  const hires = generation_info_raw.replace("Version:", "Hires upscale: 2, Version:");
  expect((await submit({ ...rest, generation_info_raw: hires })).body).toMatchObject({
    status: 400,
    details: [{ field: "generation_info_raw", message: expect.stringContaining("Hires upscale") }],
  });
});

it("never queues a job whose upload the nightly clean-up takes at that very moment", async () => {
  const { queue, owner, submit, params, countJobs } = await open();
  const bytes = pngOf(8, 8);
  const upload = () =>
    queue.call("POST", "/api/v2/uploads", {
      as: owner.auth,
      body: bytes,
      headers: { "Content-Length": String(bytes.length) },
    });
  const old = { upload_id: String((await upload()).body.upload_id) };
  queue.now += DURATIONS.unusedUploadTtlMs + 1;
  const young = { upload_id: String((await upload()).body.upload_id) };
  queue.database.pauseBefore = async (sql) => {
    if (!sql.startsWith('insert into "jobs"')) return;
    queue.database.pauseBefore = undefined;
    await queue.prune();
  };
  const job = params({ img2img: { init_image: young, mask: old } });
  const key = { "Idempotency-Key": "one" };
  const answer = await submit(job, key);
  expect(answer.body).toMatchObject({
    status: 400,
    code: "unknown_upload",
    details: [{ field: "generation_params.img2img.mask" }],
  });
  expect(await countJobs()).toBe(0);
  const uses = await env.DB.prepare("SELECT id, use_count FROM uploads WHERE owner_id = ?")
    .bind(owner.id)
    .all();
  expect(uses.results).toEqual([{ id: young.upload_id, use_count: 0 }]);
  expect((await submit(params({ img2img: { init_image: young } }), key)).status).toBe(200);
});
