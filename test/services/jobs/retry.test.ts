import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { EXAMPLE_CATALOGUE } from "../../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const JOBS = "/api/v1/queue/jobs";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const as = owner.auth;
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    const json = exampleJob(agent.alias, changes);
    const { body, text } = await queue.call("POST", "/api/v2/generate", { as, json });
    expect(body.success, text).toBe(true);
    return String(body.mobilesd_job_id);
  };
  const retry = (id: string, headers: Record<string, string> = {}) =>
    queue.call("POST", `${JOBS}/${id}/retry`, { as, headers });
  const cancel = (id: string) => queue.call("POST", `${JOBS}/${id}/cancel`, { as });
  const job = async (id: string) => (await queue.call("GET", `${JOBS}/${id}`, { as })).body;
  return { queue, owner, agent, as, submit, retry, cancel, job };
}

describe("a retry", () => {
  it("makes a new pending job of the same picture, which tells whose retry it is", async () => {
    const { submit, retry, cancel, job, queue, owner } = await open();
    const wish = {
      priority: 2,
      name: "cliffs",
      tags: ["sea"],
      group_id: "g1",
      source_info: "me/1",
    };
    const id = await submit(wish);
    await cancel(id);
    queue.now += 60_000;
    const { status, body } = await retry(id);
    const again = String(body.mobilesd_job_id);
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        mobilesd_job_id: again,
        queue_position: 1,
        estimated_start_time: expect.any(String),
        status_url: `http://queue.test${JOBS}/${again}/status`,
        status_reason: "queued",
      },
    ]);
    expect(again).not.toBe(id);
    const [old, fresh] = [await job(id), await job(again)];
    expect(fresh).toMatchObject({
      ...wish,
      status: "pending",
      retry_of: id,
      creation_timestamp: new Date(queue.now).toISOString(),
      generation_params: old.generation_params as object,
      target_server_alias: old.target_server_alias,
      attempt_count: 0,
    });
    expect(old).toMatchObject({ status: "cancelled", retry_of: null });
    const key = await env.DB.prepare("SELECT api_key_id AS id FROM jobs WHERE mobilesd_job_id = ?")
      .bind(again)
      .first<string>("id");
    expect(key).toBe(owner.key.id);
  });

  it("runs, whether the first was completed, failed, cancelled or poison", async () => {
    const { submit, retry, agent, job } = await open();
    const done = await submit();
    await agent.finish(await agent.claim());
    const poison = await submit();
    await env.DB.prepare(
      "UPDATE jobs SET status = 'failed', status_reason = 'poison', forge_death_count = 2 WHERE mobilesd_job_id = ?",
    )
      .bind(poison)
      .run();
    for (const id of [done, poison]) {
      const again = String((await retry(id)).body.mobilesd_job_id);
      const lease = await agent.claim();
      expect(lease.mobilesd_job_id).toBe(again);
      await agent.finish(lease);
      expect(await job(again)).toMatchObject({ status: "completed", retry_of: id });
    }
    expect(await job(poison)).toMatchObject({ status: "failed", status_reason: "poison" });
  });

  it("is refused while the job is still to come or running", async () => {
    const { submit, retry, agent, cancel } = await open();
    const id = await submit();
    expect((await retry(id)).body).toMatchObject({ status: 409, code: "job_not_finished" });
    await agent.start(await agent.claim());
    expect((await retry(id)).body).toMatchObject({ status: 409, code: "job_not_finished" });
    await cancel(id);
    expect((await retry(id)).body).toMatchObject({ status: 409, code: "job_not_finished" });
  });

  it("asks for the same again, whichever words the request was in", async () => {
    const { submit, retry, cancel, job } = await open();
    const params = exampleParams();
    const words = { ...params, steps: undefined, scheduler_or_quality_preset: "Speed" };
    for (const generation_params of [words, { ...params, scheduler_or_quality_preset: "Karras" }]) {
      const id = await submit({ generation_params });
      await cancel(id);
      const { body, text } = await retry(id);
      expect(body.success, text).toBe(true);
      const again = await job(String(body.mobilesd_job_id));
      expect(again.generation_params).toEqual((await job(id)).generation_params);
    }
  });

  it("does not bring back the times that the first was bound to", async () => {
    const { submit, retry, queue, job } = await open();
    const id = await submit({ ttl_seconds: 60 });
    queue.now += 61_000;
    await queue.sweep();
    expect(await job(id)).toMatchObject({ status: "cancelled", status_reason: "expired" });
    const again = await job(String((await retry(id)).body.mobilesd_job_id));
    expect(again).toMatchObject({ status: "pending", start_by: null, not_before: null });
  });

  it("is checked like any request: a name that is gone since is an error that tells it", async () => {
    const { submit, retry, cancel, agent } = await open();
    const id = await submit();
    await cancel(id);
    await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, samplers: ["Euler"] });
    expect((await retry(id)).body).toMatchObject({
      status: 400,
      code: "unknown_name",
      details: [{ field: "generation_params.sampler_name" }],
    });
  });
});

describe("a retry under an Idempotency-Key", () => {
  it("is one job however often it is asked for, also when the first is deleted meanwhile", async () => {
    const { submit, retry, cancel, queue, as } = await open();
    const id = await submit();
    await cancel(id);
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const answers = await Promise.all([retry(id, key), retry(id, key), retry(id, key)]);
    expect(new Set(answers.map(({ body }) => body.mobilesd_job_id)).size).toBe(1);
    await queue.call("DELETE", `${JOBS}/${id}`, { as });
    const late = await retry(id, key);
    expect(late.headers.get("idempotency-replayed")).toBe("true");
    expect(late.body).toEqual(answers[0]?.body);
  });

  it("is not taken for a submit or for the retry of another job", async () => {
    const { submit, retry, cancel } = await open();
    const [one, two] = [await submit(), await submit()];
    await cancel(one);
    await cancel(two);
    const key = { "Idempotency-Key": crypto.randomUUID() };
    expect((await retry(one, key)).status).toBe(200);
    expect((await retry(two, key)).body).toMatchObject({ code: "idempotency_key_reused" });
    const wrong = { "Idempotency-Key": "a b" };
    expect((await retry(one, wrong)).body).toMatchObject({ status: 400 });
    expect((await retry(crypto.randomUUID(), wrong)).body).toMatchObject({ status: 404 });
  });
});

describe("the pictures that a job and its retry both name", () => {
  async function withPicture() {
    const box = await open();
    const { queue, as, owner } = box;
    const body = Uint8Array.from(
      atob(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      ),
      (char) => char.charCodeAt(0),
    );
    const headers = { "Content-Length": String(body.length) };
    const upload = await queue.call("POST", "/api/v2/uploads", { as, body, headers });
    const upload_id = String(upload.body.upload_id);
    const img2img = { init_image: { upload_id } };
    const id = await box.submit({ generation_params: { ...exampleParams(), img2img } });
    await box.cancel(id);
    const night = async () => {
      queue.now += DURATIONS.unusedUploadTtlMs + 1;
      await queue.prune();
    };
    const remove = (one: string) => queue.call("DELETE", `${JOBS}/${one}`, { as });
    const isThere = async () =>
      (await env.BUCKET.head(`owners/${owner.id}/uploads/${upload_id}`)) !== null;
    return { ...box, id, night, remove, isThere };
  }

  it("stay when the first is deleted, and go after the last", async () => {
    const { id, retry, remove, night, isThere, cancel } = await withPicture();
    const again = String((await retry(id)).body.mobilesd_job_id);
    await remove(id);
    await night();
    expect(await isThere()).toBe(true);
    await cancel(again);
    const third = String((await retry(again)).body.mobilesd_job_id);
    await remove(again);
    await night();
    expect(await isThere()).toBe(true);
    await remove(third);
    await night();
    expect(await isThere()).toBe(false);
  });
});

it("keeps another owner's job with its owner when a key that reaches all retries it", async () => {
  const { queue, submit, cancel, job, owner } = await open();
  const admin = await newOwner(queue, "owner");
  const id = await submit();
  await cancel(id);
  const { body } = await queue.call("POST", `${JOBS}/${id}/retry`, { as: admin.auth });
  expect(await job(String(body.mobilesd_job_id))).toMatchObject({ retry_of: id });
  const stranger = await newOwner(queue);
  const theirs = await queue.call("POST", `${JOBS}/${id}/retry`, { as: stranger.auth });
  expect(theirs.status).toBe(404);
  expect(owner.id).not.toBe(admin.id);
});

it("of a job from before the interface is refused with a sentence", async () => {
  const { retry, owner, agent } = await open();
  const id = crypto.randomUUID();
  await env.DB.prepare(
    `INSERT INTO jobs (mobilesd_job_id, status, creation_timestamp, last_updated_timestamp,
       target_server_alias, generation_params_json, owner_id)
     VALUES (?, 'completed', '2024-05-01T10:00:00.000Z', '2024-05-01T10:00:00.000Z', ?, '{"prompt":"x"}', ?)`,
  )
    .bind(id, agent.alias, owner.id)
    .run();
  expect((await retry(id)).body).toMatchObject({ status: 400, code: "invalid_request" });
});
