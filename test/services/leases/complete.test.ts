import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { webpOf } from "../../support/example-pictures.ts";
import { exampleImage, manifestOf, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function running(changes: Parameters<typeof exampleParams>[0] = {}) {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias, { generation_params: exampleParams(changes) });
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.start(lease);
  const id = lease.mobilesd_job_id;
  const status = async () =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  const objects = async () =>
    (await env.BUCKET.list({ prefix: `owners/${owner.id}/jobs/${id}/` })).objects.map(({ key }) =>
      key.split("/").slice(4).join("/"),
    );
  return { queue, owner, agent, lease, id, status, objects };
}

it("takes a job from submit to a picture with the very bytes", async () => {
  const { queue, agent, lease, status } = await running();
  const { bytes } = await agent.finish(lease, "the bytes");
  const { images } = (await status()) as unknown as { images: { download_url: string }[] };
  const url = new URL(images[0]?.download_url ?? "");
  expect((await queue.call("GET", url.pathname + url.search)).bytes).toEqual(bytes);
});

describe("a complete", () => {
  it("is answered alike when it is repeated, also at the same moment, and stores one set of pictures", async () => {
    const { agent, lease, status } = await running({ batch_size: 2 });
    const images = [await exampleImage("one"), await exampleImage("two")];
    for (const [at, image] of images.entries()) {
      await agent.putImage(lease, image, { index: at + 1 });
    }
    const manifest = images.map((image, at) => manifestOf(image, at + 1));
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => agent.complete(lease, manifest)),
    );
    answers.push(await agent.complete(lease, manifest));
    for (const answer of answers) {
      expect(answer.body).toEqual({ status: "completed", status_reason: "done" });
    }
    expect((await status()).images).toHaveLength(2);
  });

  it("is refused with other pictures once the job is completed", async () => {
    const { agent, lease } = await running();
    const image = await agent.finish(lease);
    const other = { ...manifestOf(image), width: 64 };
    expect((await agent.complete(lease, [other])).body).toMatchObject({
      status: 409,
      code: "already_finished",
    });
  });

  it("is repeated in vain by one who never held the lease", async () => {
    const { agent, lease } = await running();
    const image = await agent.finish(lease);
    const forged = { ...lease, lease_token: "mlt_forged" };
    expect((await agent.complete(forged, [manifestOf(image)])).body).toMatchObject({
      code: "lease_lost",
    });
  });

  it("waits for every picture to be stored, whole and as announced", async () => {
    const { agent, lease, status } = await running();
    const [image, preview] = [await exampleImage("image"), await exampleImage("preview", webpOf)];
    const missing = async (manifest: object) => {
      const answer = await agent.complete(lease, [manifest]);
      expect(answer.body).toMatchObject({
        status: 409,
        code: "image_missing",
        retryable: false,
        details: [{ field: "images.1" }],
      });
      expect(await status()).toMatchObject({ status: "processing" });
    };
    await missing(manifestOf(image));
    await agent.putImage(lease, image);
    await missing(manifestOf(image, 1, preview));
    await agent.putImage(lease, preview, { kind: "previews" });
    await missing({ ...manifestOf(image, 1, preview), bytes: image.bytes.length + 1 });
    await missing({ ...manifestOf(image, 1, preview), sha256: preview.sha256 });
    expect((await agent.complete(lease, [manifestOf(image, 1, preview)])).status).toBe(200);
  });

  it("is refused before the job was started", async () => {
    const queue = openQueue();
    const owner = await newOwner(queue);
    const agent = await newAgent(queue, owner);
    const json = exampleJob(agent.alias);
    await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    const lease = await agent.claim();
    const image = await exampleImage("early");
    expect((await agent.putImage(lease, image)).body).toMatchObject({ code: "lease_lost" });
    expect((await agent.complete(lease, [manifestOf(image)])).body).toMatchObject({
      code: "image_missing",
    });
  });

  it.each([
    ["a number twice", [1, 1]],
    ["more pictures than were asked for", [1, 3]],
  ])("is refused with %s", async (_, indexes) => {
    const { agent, lease } = await running({ batch_size: 2 });
    const image = await exampleImage("x");
    const manifest = indexes.map((index) => manifestOf(image, index));
    expect((await agent.complete(lease, manifest)).body).toMatchObject({
      status: 400,
      code: "invalid_request",
      details: [{ field: "images.1.index", limit: 2 }],
    });
  });

  it.each([
    ["no pictures", { images: [] }, "images"],
    ["a picture of no known type", { images: [{ mime: "image/svg+xml" }] }, "images.0.mime"],
    ["a negative time", { generation_ms: -1 }, "generation_ms"],
    ["an unknown field", { progress: 5 }, "progress"],
  ])("is refused with %s", async (_, changes, field) => {
    const { agent, lease } = await running();
    const image = await exampleImage("x");
    const { images, ...rest } = { images: [{}], ...changes };
    const manifest = images.map((change) => ({ ...manifestOf(image), ...change }));
    const answer = await agent.complete(lease, manifest, rest);
    expect(answer.body).toMatchObject({ status: 400, details: [{ field }] });
  });

  it("is all or nothing when the database fails in the middle of it", async () => {
    const { queue, agent, lease, status } = await running();
    const image = await exampleImage("image");
    await agent.putImage(lease, image);
    const manifest = [manifestOf(image)];
    for (const fault of ["before", "after"] as const) {
      queue.database.faultOf = (sql) => (sql.includes('insert into "images"') ? fault : undefined);
      expect((await agent.complete(lease, manifest)).body).toMatchObject({ code: "unavailable" });
      queue.database.faultOf = undefined;
      const { status: now, images } = await status();
      expect([now, (images as []).length]).toEqual(
        fault === "before" ? ["processing", 0] : ["completed", 1],
      );
    }
    expect((await agent.complete(lease, manifest)).body).toMatchObject({ status: "completed" });
  });

  it("removes what earlier leases of the job had stored, and nothing else", async () => {
    const { queue, agent, lease, objects } = await running();
    await agent.putImage(lease, await exampleImage("of the first run"));
    await agent.release(lease);
    const next = await agent.claim();
    await agent.finish(next, "of the second run");
    await queue.settle();
    expect(await objects()).toEqual([`${next.epoch}/1.image`, `${next.epoch}/1.preview`]);
  });
});

it("leaves no object of a cancelled job behind for longer than a night", async () => {
  const { queue, owner, agent, lease, id, objects } = await running();
  await agent.putImage(lease, await exampleImage("for nothing"));
  await queue.call("POST", `/api/v1/queue/jobs/${id}/cancel`, { as: owner.auth });
  await agent.release(lease, { reason: "cancelled" });
  queue.now = Date.now();
  await queue.prune();
  expect(await objects()).toEqual(["1/1.image"]);
  queue.now += DURATIONS.unusedUploadTtlMs + 1_000;
  await queue.prune();
  expect(await objects()).toEqual([]);
});
