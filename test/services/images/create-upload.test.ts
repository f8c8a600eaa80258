import { env } from "cloudflare:workers";
import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { jpegOf, pngOf, webpOf } from "../../support/example-pictures.ts";
import { exampleImage, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function uploader() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const objects = async () =>
    (await env.BUCKET.list({ prefix: `owners/${owner.id}/` })).objects.map((object) => object.key);
  const upload = (body: BodyInit, length: number | null, headers: Record<string, string> = {}) =>
    queue.call("POST", "/api/v2/uploads", {
      as: owner.auth,
      body,
      headers: { ...(length === null ? {} : { "Content-Length": String(length) }), ...headers },
    });
  return { queue, owner, objects, upload };
}

it.each([
  ["png", pngOf(640, 480), 640, 480],
  ["jpeg", jpegOf(300, 200), 300, 200],
  ["jpeg with its size far behind", jpegOf(300, 200, 60_000), 300, 200],
  ["webp", webpOf(320, 240), 320, 240],
])("stores a %s by its own header, with its size and sum", async (_, bytes, width, height) => {
  const { upload, owner } = await uploader();
  const answer = await upload(bytes, bytes.length, { "Content-Type": "text/html" });
  const { sha256 } = await exampleImage("");
  expect(answer.status).toBe(201);
  expect(Object.keys(answer.body)).toEqual(["upload_id", "width", "height", "bytes", "sha256"]);
  expect(answer.body).toMatchObject({ width, height, bytes: bytes.length });
  expect(answer.body.sha256).not.toBe(sha256);
  const stored = await env.BUCKET.get(`owners/${owner.id}/uploads/${answer.body.upload_id}`);
  expect(new Uint8Array((await stored?.arrayBuffer()) ?? [])).toEqual(bytes);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
  expect(answer.body.sha256).toBe(hex.join(""));
});

const text = (value: string) => Uint8Array.from(new TextEncoder().encode(value));

describe("what is no usable picture", () => {
  it.each([
    ["text", text("not a picture at all")],
    [
      "an SVG",
      text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/></svg>'),
    ],
    ["HTML", text("<!doctype html><script>alert(1)</script>")],
    ["a GIF", text("GIF89a\x01\0\x01\0\0\0\0;")],
    ["a BMP", text(`BM${"\0".repeat(60)}`)],
    ["a PNG's bare signature", pngOf(1, 1).slice(0, 8)],
    ["a PNG without a size", pngOf(0, 0)],
    ["one byte", text("x")],
  ])("is refused and not stored when it is %s", async (_, bytes) => {
    const { upload, objects } = await uploader();
    const answer = await upload(bytes, bytes.length, { "Content-Type": "image/png" });
    expect(answer.body).toMatchObject({ status: 400, code: "invalid_image" });
    expect(answer.body.details).toMatchObject([{ field: "body" }]);
    expect(await objects()).toEqual([]);
  });

  it("is refused by its header when it has more pixels than can be decoded", async () => {
    const { upload, objects } = await uploader();
    for (const bomb of [pngOf(60_000, 60_000), pngOf(4_001, 4_000), jpegOf(65_000, 65_000)]) {
      const answer = await upload(bomb, bomb.length);
      expect(answer.body).toMatchObject({
        code: "invalid_image",
        details: [{ field: "body", limit: LIMITS.uploadPixelsMax }],
      });
    }
    const largest = pngOf(4_000, 4_000);
    expect((await upload(largest, largest.length)).status).toBe(201);
    expect(await objects()).toHaveLength(1);
  });

  it("is refused unread when it is announced larger than allowed", async () => {
    const { upload, objects } = await uploader();
    const answer = await upload(pngOf(9, 9), LIMITS.uploadBytesMax + 1);
    expect(answer.body).toMatchObject({
      code: "body_too_large",
      status: 413,
      details: [{ limit: LIMITS.uploadBytesMax }],
    });
    expect(await objects()).toEqual([]);
  });

  it("is refused when it is shorter or longer than its Content-Length says", async () => {
    const { upload, objects } = await uploader();
    const bytes = pngOf(9, 9);
    for (const length of [bytes.length + 5, bytes.length - 5]) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.slice(0, 40));
          controller.enqueue(bytes.slice(40));
          controller.close();
        },
      });
      const answer = await upload(body, length);
      expect(answer.body).toMatchObject({ code: "invalid_request", details: [{ limit: length }] });
    }
    expect(await objects()).toEqual([]);
  });

  it("is refused without a length, and when it is empty", async () => {
    const { upload } = await uploader();
    expect((await upload(new ReadableStream(), null)).body).toMatchObject({
      code: "length_required",
      status: 411,
    });
    expect((await upload("", 0)).body).toMatchObject({ status: 400 });
    expect((await upload(pngOf(9, 9), null, { "Content-Length": "12abc" })).body).toMatchObject({
      status: 411,
    });
  });
});

it("keeps a picture that is HTML as well a picture: its type is the server's own word", async () => {
  const { upload, owner } = await uploader();
  const polyglot = pngOf(9, 9, "<script>alert(document.domain)</script>");
  const { body } = await upload(polyglot, polyglot.length, { "Content-Type": "text/html" });
  const stored = await env.BUCKET.head(`owners/${owner.id}/uploads/${body.upload_id}`);
  expect(stored?.httpMetadata?.contentType).toBe("image/png");
});

it("is for its owner alone", async () => {
  const { upload, queue } = await uploader();
  const bytes = pngOf(64, 64);
  const { body } = await upload(bytes, bytes.length);
  const other = await newOwner(queue);
  const agent = await newAgent(queue, other);
  const img2img = { init_image: { upload_id: String(body.upload_id) } };
  const generation_params = exampleParams({ img2img });
  const answer = await queue.call("POST", "/api/v2/generate", {
    as: other.auth,
    json: exampleJob(agent.alias, { generation_params }),
  });
  expect(answer.body).toMatchObject({
    code: "unknown_upload",
    details: [{ field: "generation_params.img2img.init_image" }],
  });
});

it("tells who sends a form how a picture is sent", async () => {
  const { upload, objects } = await uploader();
  const headers = { "Content-Type": "multipart/form-data; boundary=x" };
  const answer = await upload("--x--", 5, headers);
  expect(answer.body).toMatchObject({ status: 415, code: "unsupported_media_type" });
  expect(String(answer.body.error)).toContain("--data-binary");
  expect(await objects()).toEqual([]);
});
