import { beforeAll, describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner, type TestOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const DAY_MS = 86_400_000;
const queue = openQueue();
let owner: TestOwner;
let picture = new Uint8Array();
let name = "";
let download = "";
let preview = "";

beforeAll(async () => {
  owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  picture = (await agent.finish(lease)).bytes;
  const { body } = await queue.call<{ images: Record<string, string>[] }>(
    "GET",
    `/api/v1/queue/jobs/${lease.mobilesd_job_id}/status`,
    { as: owner.auth },
  );
  const [image = {}] = body.images;
  name = image.name ?? "";
  const local = (url = "") => url.replace("http://queue.test", "");
  [download, preview] = [local(image.download_url), local(image.preview_url)];
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  queue.call(method, path, { headers });

it("serves the very bytes to whoever holds the signed URL, as a picture and nothing else", async () => {
  const answer = await get(download);
  expect([answer.status, answer.bytes]).toEqual([200, picture]);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "image/png",
    "content-length": String(picture.length),
    "content-disposition": `inline; filename="${name}"`,
    "cache-control": "private, max-age=172800, immutable",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "accept-ranges": "bytes",
    etag: expect.stringMatching(/^".+"$/),
  });
});

it("serves the preview as WebP", async () => {
  const answer = await get(preview);
  expect(answer.text).toContain("preview of ");
  expect(answer.headers.get("content-type")).toBe("image/webp");
});

it("serves its owner by key as well, and no other owner", async () => {
  const path = `/api/v1/images/download/${name}`;
  expect((await queue.call("GET", path, { as: owner.auth })).bytes).toEqual(picture);
  const other = await newOwner(queue);
  expect((await queue.call("GET", path, { as: other.auth })).status).toBe(404);
  const admin = await newOwner(queue, "owner");
  expect((await queue.call("GET", path, { as: admin.auth })).status).toBe(200);
});

describe("a signed URL", () => {
  it.each([
    ["another picture", () => download.replace("_00001", "_00002")],
    ["the other kind", () => download.replace("download", "preview")],
    ["a later end", () => download.replace(/expires=\d+/, "expires=9999999999")],
    ["no signature", () => download.replace(/&signature=\w+/, "")],
    ["half a signature", () => download.slice(0, -4)],
  ])("opens nothing when it was changed to %s", async (_, changed) => {
    expect((await get(changed())).body).toMatchObject({ status: 401 });
  });

  it("holds for at least a day, and then opens nothing", async () => {
    const issued = queue.now;
    queue.now = issued + DAY_MS;
    expect((await get(download)).status).toBe(200);
    queue.now = issued + 2 * DAY_MS;
    expect((await get(download)).body).toMatchObject({ code: "credentials_required" });
    queue.now = issued;
  });

  it("opens nothing under another ending than the picture has", async () => {
    const path = `/api/v1/images/download/${name.replace(".png", ".jpg")}`;
    expect((await queue.call("GET", path, { as: owner.auth })).status).toBe(404);
  });
});

describe("a part of a picture", () => {
  it.each([
    ["bytes=0-3", 0, 4],
    ["bytes=8-", 8, undefined],
    ["bytes=-2", -2, undefined],
    ["bytes=5-9999", 5, undefined],
  ])("is served for %s", async (range, from, to) => {
    const answer = await get(download, { Range: range });
    const part = picture.slice(from, to);
    expect([answer.status, answer.bytes]).toEqual([206, part]);
    const first = picture.slice(0, from).length;
    const contentRange = `bytes ${first}-${first + part.length - 1}/${picture.length}`;
    expect(answer.headers.get("content-range")).toBe(contentRange);
    expect(answer.headers.get("content-length")).toBe(String(part.length));
  });

  it("outside it is a 416 that says how large it is", async () => {
    const answer = await get(download, { Range: `bytes=${picture.length}-` });
    expect(answer.body).toMatchObject({ status: 416, code: "range_not_satisfiable" });
    expect(answer.headers.get("content-range")).toBe(`bytes */${picture.length}`);
  });

  it("is the whole for several parts, for nonsense, and for a condition that no longer holds", async () => {
    for (const headers of [
      { Range: "bytes=0-1,4-5" },
      { Range: "lines=1-2" },
      { Range: "bytes=0-1", "If-Range": '"another"' },
    ]) {
      const answer = await get(download, headers);
      expect([answer.status, answer.bytes]).toEqual([200, picture]);
    }
    const etag = (await get(download)).headers.get("etag") ?? "";
    expect((await get(download, { Range: "bytes=0-1", "If-Range": etag })).status).toBe(206);
  });
});

it("is not sent again to who has it", async () => {
  const etag = (await get(download)).headers.get("etag") ?? "";
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const answer = await get(download, { "If-None-Match": known });
    expect([answer.status, answer.text]).toEqual([304, ""]);
    expect(answer.headers.get("etag")).toBe(etag);
  }
  expect((await get(download, { "If-None-Match": '"other"' })).status).toBe(200);
});

it("answers HEAD with the headers alone", async () => {
  const answer = await get(download, {}, "HEAD");
  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect(answer.headers.get("content-length")).toBe(String(picture.length));
});
