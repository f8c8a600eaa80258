import { env } from "cloudflare:workers";
import { HEADERS, LIMITS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { jpegOf, pngOf, webpOf } from "../../support/example-pictures.ts";
import { exampleImage, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function running(bucket?: R2Bucket) {
  const queue = openQueue(bucket === undefined ? {} : { bucket });
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.start(lease);
  const key = (kind: string) =>
    `owners/${owner.id}/jobs/${lease.mobilesd_job_id}/${lease.epoch}/1.${kind}`;
  return { queue, owner, agent, lease, key };
}

it("stores a picture under its owner, job and epoch, with its sum", async () => {
  const { agent, lease, key } = await running();
  const image = await exampleImage("a picture");
  const answer = await agent.putImage(lease, image);
  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({ index: 1, bytes: image.bytes.length, sha256: image.sha256 });
  const stored = await env.BUCKET.get(key("image"));
  expect(await stored?.bytes()).toEqual(image.bytes);
  expect(stored?.httpMetadata?.contentType).toBe("image/png");
});

it("refuses bytes that are not those announced, and stores nothing of them", async () => {
  const { agent, lease, key } = await running();
  const image = await exampleImage("a picture");
  const flipped = { ...image, bytes: image.bytes.map((byte, at) => (at === 30 ? byte ^ 1 : byte)) };
  const answer = await agent.putImage(lease, flipped);
  expect(answer.body).toMatchObject({ status: 422, code: "checksum_mismatch", retryable: true });
  expect(await env.BUCKET.head(key("image"))).toBe(null);
  expect((await agent.putImage(lease, image)).status).toBe(201);
});

it.each([
  ["image/png", pngOf],
  ["image/jpeg", jpegOf],
  ["image/webp", webpOf],
] as const)("stores a picture as %s only when it begins as one", async (mime, type) => {
  const { agent, lease, key } = await running();
  const headers = { "Content-Type": mime };
  const others = [pngOf, jpegOf, webpOf].filter((one) => one !== type);
  const wrong = await Promise.all(others.map((other) => exampleImage("wrong", other)));
  const html = new TextEncoder().encode("<!doctype html><script>alert(1)</script>");
  for (const bytes of [...wrong.map((one) => one.bytes), html, html.slice(0, 1)]) {
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const sha256 = [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0"));
    const image = { bytes: Uint8Array.from(bytes), sha256: sha256.join("") };
    const answer = await agent.putImage(lease, image, { headers });
    expect(answer.body).toMatchObject({ code: "invalid_image", details: [{ field: "body" }] });
  }
  expect(await env.BUCKET.head(key("image"))).toBe(null);
  const right = await exampleImage("right", type);
  expect((await agent.putImage(lease, right, { headers })).status).toBe(201);
  expect(await (await env.BUCKET.get(key("image")))?.bytes()).toEqual(right.bytes);
});

it("stores a large picture that comes in small pieces whole", async () => {
  const { queue, agent, lease, key } = await running();
  const large = await exampleImage("x".repeat(300_000));
  const path = `/api/v1/agent/jobs/${lease.mobilesd_job_id}/images/1`;
  let at = 0;
  const body = new FixedLengthStream(large.bytes.length);
  const writer = body.writable.getWriter();
  const writing = (async () => {
    // The signature itself comes in two pieces.
    for (const size of [5, 100, 70_000, large.bytes.length]) {
      await writer.write(large.bytes.slice(at, at + size));
      at += size;
    }
    await writer.close();
  })();
  const [answer] = await Promise.all([
    queue.call("PUT", path, {
      as: agent.headers,
      body: body.readable,
      headers: {
        "Content-Type": "image/png",
        "Content-Length": String(large.bytes.length),
        [HEADERS.sha256]: large.sha256,
        [HEADERS.epoch]: String(lease.epoch),
        [HEADERS.leaseToken]: lease.lease_token,
      },
    }),
    writing,
  ]);
  expect(answer.status).toBe(201);
  expect(await (await env.BUCKET.get(key("image")))?.bytes()).toEqual(large.bytes);
});

it("takes the same bytes again, and never others in their place", async () => {
  const { agent, lease, key } = await running();
  const image = await exampleImage("first");
  const other = await exampleImage("other");
  expect((await agent.putImage(lease, image)).status).toBe(201);
  const again = await agent.putImage(lease, image);
  expect([again.status, again.body.sha256]).toEqual([201, image.sha256]);
  expect((await agent.putImage(lease, other)).body).toMatchObject({
    status: 409,
    code: "image_conflict",
  });
  expect(await (await env.BUCKET.get(key("image")))?.bytes()).toEqual(image.bytes);
});

it("stores one of two uploads at once, and refuses the other", async () => {
  const { agent, lease } = await running();
  const [a, b] = [await exampleImage("a"), await exampleImage("b")];
  const answers = await Promise.all([agent.putImage(lease, a), agent.putImage(lease, b)]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
});

it("hands the body to R2 as the stream that it is", async () => {
  const bodies: unknown[] = [];
  const watching = new Proxy(env.BUCKET, {
    get(bucket, name) {
      if (name !== "put") {
        const member: unknown = Reflect.get(bucket, name);
        return typeof member === "function" ? member.bind(bucket) : member;
      }
      return (key: string, body: ReadableStream, options: R2PutOptions) => {
        if (key.endsWith(".image")) bodies.push(body);
        return bucket.put(key, body, options);
      };
    },
  });
  const { agent, lease } = await running(watching);
  await agent.putImage(lease, await exampleImage("streamed"));
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toBeInstanceOf(ReadableStream);
});

it.each([
  ["without a length", { "Content-Length": "x" }, 411, "length_required"],
  [
    "larger than one may be",
    { "Content-Length": String(LIMITS.imageBytesMax + 1) },
    413,
    "body_too_large",
  ],
  [
    "of a type that is no picture",
    { "Content-Type": "image/svg+xml" },
    415,
    "unsupported_media_type",
  ],
  ["without a sum", { [HEADERS.sha256]: "" }, 400, "invalid_request"],
  ["with half a sum", { [HEADERS.sha256]: "abc" }, 400, "invalid_request"],
])("refuses a picture %s", async (_, headers, status, code) => {
  const { agent, lease, key } = await running();
  const answer = await agent.putImage(lease, await exampleImage("x"), { headers });
  expect(answer.body).toMatchObject({ status, code });
  expect(await env.BUCKET.head(key("image"))).toBe(null);
});

it("takes a preview only as the WebP that it is served as, and only a small one", async () => {
  const { agent, lease } = await running();
  const image = await exampleImage("x", webpOf);
  const put = (headers: Record<string, string>) =>
    agent.putImage(lease, image, { kind: "previews", headers });
  expect((await put({ "Content-Type": "image/png" })).body).toMatchObject({
    status: 415,
    details: [{ choices: ["image/webp"] }],
  });
  expect((await put({ "Content-Length": String(LIMITS.previewBytesMax + 1) })).body).toMatchObject({
    status: 413,
    details: [{ limit: LIMITS.previewBytesMax }],
  });
  expect((await put({})).status).toBe(201);
});

it("has a place for as many pictures as a job may have, and no more", async () => {
  const { agent, lease } = await running();
  const image = await exampleImage("x");
  for (const index of [0, LIMITS.imagesPerJobMax + 1, -1, 1.5]) {
    expect((await agent.putImage(lease, image, { index })).status).toBe(404);
  }
  expect((await agent.putImage(lease, image, { index: LIMITS.imagesPerJobMax })).status).toBe(201);
});
