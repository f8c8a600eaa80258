import { env } from "cloudflare:workers";
import { LIMITS } from "@mobilesd/contract";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../support/example-job.ts";
import { newAgent, type TestAgent } from "../support/workerd/new-agent.ts";
import { newOwner, type TestOwner } from "../support/workerd/new-owner.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

const queue = openQueue();
let owner: TestOwner;
let agent: TestAgent;

beforeAll(async () => {
  owner = await newOwner(queue);
  agent = await newAgent(queue, owner);
});

const CANARY = "canary-prompt-of-the-user";
const JSON_TYPE = "application/json";

const send = (body: BodyInit, type: string = JSON_TYPE, headers: Record<string, string> = {}) =>
  queue.call<{ code: string; status: number; error: string; details: Detail[] }>(
    "POST",
    "/api/v2/generate",
    { as: owner.auth, body, headers: { ...(type ? { "Content-Type": type } : {}), ...headers } },
  );

interface Detail {
  field: string;
  message: string;
  limit?: number | string;
  choices?: string[];
}

const jobWith = (params: object, more: object = {}) =>
  JSON.stringify({
    ...exampleJob(agent.alias),
    generation_params: { ...exampleParams({ positive_prompt: CANARY }), ...params },
    ...more,
  });

const storedJobs = () =>
  env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE owner_id = ?")
    .bind(owner.id)
    .first<number>("n");

const field = (name: string) => `generation_params.${name}`;
const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** What is sent, then: status, code, the field that is named and the limit, where there is one. */
const BAD: Record<string, [() => string, number, string, string, (number | string)?]> = {
  "a number as text": [() => jobWith({ steps: "20" }), 400, "invalid_request", field("steps")],
  "a fraction of a step": [() => jobWith({ steps: 1.5 }), 400, "invalid_request", field("steps")],
  "a null": [() => jobWith({ width: null }), 400, "invalid_request", field("width")],
  NaN: [
    () => jobWith({ cfg_scale: 0 }).replace('"cfg_scale":0', '"cfg_scale":NaN'),
    400,
    "invalid_request",
    "body",
  ],
  infinity: [
    () => jobWith({ cfg_scale: 0 }).replace('"cfg_scale":0', '"cfg_scale":1e999'),
    400,
    "invalid_request",
    field("cfg_scale"),
  ],
  "a negative number": [() => jobWith({ steps: -1 }), 400, "invalid_request", field("steps"), 1],
  "too many steps": [() => jobWith({ steps: 151 }), 400, "invalid_request", field("steps"), 150],
  "a side too long": [() => jobWith({ width: 4104 }), 400, "invalid_request", field("width"), 4096],
  "a side that Forge would cut": [
    () => jobWith({ width: 65 }),
    400,
    "invalid_request",
    field("width"),
    8,
  ],
  "too large a batch": [
    () => jobWith({ batch_size: 17 }),
    400,
    "invalid_request",
    field("batch_size"),
    16,
  ],
  "more pictures than one job may have": [
    () => jobWith({ batch_size: 16, n_iter: 5 }),
    400,
    "invalid_request",
    field("n_iter"),
    LIMITS.imagesPerJobMax,
  ],
  "a priority that is none": [
    () => jobWith({}, { priority: 0 }),
    400,
    "invalid_request",
    "priority",
    1,
  ],
  "an unknown field": [
    () => jobWith({ script_name: "x" }),
    400,
    "invalid_request",
    field("script_name"),
  ],
  "an unknown field at the top": [() => jobWith({}, { epoch: 5 }), 400, "invalid_request", "epoch"],
  "a field named __proto__": [
    () => jobWith({}).replace("{", '{"__proto__":{"x":1},'),
    400,
    "invalid_request",
    "__proto__",
  ],
  "a prompt too long": [
    () => jobWith({ positive_prompt: "x".repeat(LIMITS.promptCharsMax + 1) }),
    400,
    "invalid_request",
    field("positive_prompt"),
    LIMITS.promptCharsMax,
  ],
  "a prompt with a NUL": [
    () => jobWith({ positive_prompt: "a\0b" }),
    400,
    "invalid_request",
    field("positive_prompt"),
  ],
  "half a character": [
    () => jobWith({}).replace(CANARY, "\\ud800"),
    400,
    "invalid_request",
    field("positive_prompt"),
  ],
  "a megabyte of prompt": [
    () => jobWith({ positive_prompt: "x".repeat(1_000_000) }),
    413,
    "body_too_large",
    "body",
    LIMITS.jsonBodyBytesMax,
  ],
  "deep nesting": [
    () => jobWith({}, { tags: JSON.parse(deep(40)) }),
    400,
    "invalid_request",
    "body",
    LIMITS.jsonDepthMax,
  ],
  "half a million brackets": [
    () => deep(400_000),
    400,
    "invalid_request",
    "body",
    LIMITS.jsonDepthMax,
  ],
  "broken JSON": [() => jobWith({}).slice(0, -1), 400, "invalid_request", "body"],
  nothing: [() => "", 400, "invalid_request", "body"],
  "a list": [() => "[]", 400, "invalid_request", "body"],
  "a bare null": [() => "null", 400, "invalid_request", "body"],
  "an alias nobody has": [
    () => jobWith({}, { target_server_alias: "nobody" }),
    400,
    "unknown_server",
    "target_server_alias",
  ],
  "any server": [
    () => jobWith({}, { target_server_alias: "any" }),
    400,
    "not_built",
    "target_server_alias",
  ],
  "an unknown sampler": [
    () => jobWith({ sampler_name: "Euler A" }),
    400,
    "unknown_name",
    field("sampler_name"),
  ],
  "an unknown checkpoint": [
    () => jobWith({ checkpoint_name: "CyberrealisticPony" }),
    400,
    "unknown_name",
    field("checkpoint_name"),
  ],
  "a basename that two files share": [
    () => jobWith({ checkpoint_name: "twin" }),
    400,
    "ambiguous_name",
    field("checkpoint_name"),
  ],
  "an unknown scheduler": [
    () => jobWith({ scheduler_or_quality_preset: "Carras" }),
    400,
    "unknown_name",
    field("scheduler_or_quality_preset"),
  ],
  "two schedulers that differ": [
    () => jobWith({ scheduler: "SGM Uniform" }),
    400,
    "invalid_request",
    field("scheduler_or_quality_preset"),
  ],
  "an unknown style": [
    () => jobWith({ styles: ["lab style one", "none"] }),
    400,
    "unknown_name",
    field("styles"),
  ],
  "an unknown upload": [
    () => jobWith({ img2img: { init_image: { upload_id: `upl_${"a".repeat(22)}` } } }),
    400,
    "unknown_upload",
    field("img2img.init_image"),
  ],
  "a URL as a picture": [
    () => jobWith({ img2img: { init_image: "http://127.0.0.1/" } }),
    400,
    "invalid_request",
    field("img2img.init_image"),
  ],
  "a field that nothing runs yet": [
    () => jobWith({ hires: { scale: 2 } }),
    400,
    "not_built",
    field("hires"),
  ],
  "settings that nothing applies yet": [
    () => jobWith({ settings: { emphasis: "None" } }),
    400,
    "not_built",
    field("settings"),
  ],
  "a webhook": [
    () => jobWith({}, { webhook_url: "https://example.com/hook" }),
    400,
    "not_built",
    "webhook_url",
  ],
  "a start in the past": [
    () => jobWith({}, { start_by: "2020-01-01T00:00:00Z" }),
    400,
    "invalid_request",
    "start_by",
    "2026-11-02T12:00:00.000Z",
  ],
  "two deadlines": [
    () => jobWith({}, { start_by: "2027-01-01T00:00:00Z", ttl_seconds: 5 }),
    400,
    "invalid_request",
    "ttl_seconds",
  ],
  "a date that is none": [
    () => jobWith({}, { not_before: "tomorrow" }),
    400,
    "invalid_request",
    "not_before",
  ],
  "an infotext beside the parameters": [
    () => jobWith({}, { generation_info_raw: "a" }),
    400,
    "invalid_request",
    "generation_params",
  ],
};

describe("bad input", () => {
  it.each(Object.entries(BAD))(
    "is refused by name and limit, and not stored: %s",
    async (_, bad) => {
      const [body, status, code, name, limit] = bad;
      const before = await storedJobs();
      const firstLine = queue.logLines.length;
      const answer = await send(body());
      expect(answer.body, answer.text).toMatchObject({ status, code });
      expect(answer.status).toBe(status);
      const detail = answer.body.details.find((one) => one.field === name);
      expect(detail, JSON.stringify(answer.body.details)).toBeDefined();
      expect(detail?.limit).toEqual(limit);
      expect(answer.body.error).toMatch(/^[A-Z].*: .+: .+/);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await storedJobs()).toBe(before);
      const logged = queue.logLines.slice(firstLine).join("\n");
      expect(logged).not.toContain(CANARY);
      expect(answer.text).not.toContain(CANARY);
    },
  );

  it("names what the user may have meant", async () => {
    const choices = async (params: object) =>
      (await send(jobWith(params))).body.details[0]?.choices;
    expect((await choices({ sampler_name: "euler a" }))?.[0]).toBe("Euler a");
    expect((await choices({ scheduler_or_quality_preset: "Carras" }))?.[0]).toBe("karras");
    expect((await choices({ checkpoint_name: "plain" }))?.[0]).toBe("plain_sd15.safetensors");
    expect(await choices({ checkpoint_name: "twin" })).toEqual([
      "a/twin.safetensors",
      "b\\twin.safetensors",
    ]);
    const answer = await send(jobWith({}, { target_server_alias: "nobody" }));
    expect(answer.body.details[0]?.choices).toContain(agent.alias);
  });

  it.each([
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "multipart/form-data",
  ])("is refused when it is sent as `%s`", async (type) => {
    const body = new TextEncoder().encode(jobWith({}));
    const answer = await send(body, type);
    expect(answer.body).toMatchObject({
      status: 415,
      code: "unsupported_media_type",
      details: [{ field: "Content-Type" }],
    });
  });

  it("is refused when it is compressed", async () => {
    const answer = await send(jobWith({}), JSON_TYPE, { "Content-Encoding": "gzip" });
    expect(answer.body).toMatchObject({ status: 415, details: [{ field: "Content-Encoding" }] });
  });

  it("is refused when it is not UTF-8", async () => {
    const bytes = Uint8Array.from([...new TextEncoder().encode('{"name":"'), 0xff, 0x22, 0x7d]);
    expect((await send(bytes)).body).toMatchObject({
      status: 400,
      details: [{ field: "body", message: "not UTF-8" }],
    });
  });

  it("is refused at the limit even when it does not say how long it is", async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 100_000;
        controller.enqueue(new Uint8Array(100_000).fill(0x20));
      },
    });
    const answer = await send(endless);
    expect(answer.body).toMatchObject({ status: 413, code: "body_too_large" });
    expect(sent).toBeLessThan(2 * LIMITS.jsonBodyBytesMax);
  });
});

it("takes a charset beside the type, and a byte order mark", async () => {
  expect((await send(jobWith({}), "Application/JSON; charset=utf-8")).status).toBe(200);
  expect((await send(`\uFEFF${jobWith({})}`)).status).toBe(200);
});

describe("whatever is sent", () => {
  const TOP = Object.keys(exampleJob("x"));
  const PARAMS = [...Object.keys(exampleParams()), "img2img", "styles", "hires", "seed", "eta"];

  it("as JSON, the answer is never the queue's own failure", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 5 }), async (text) => {
        expect((await send(text)).status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });

  it("in any field, the answer is a job or a refusal that names the field", async () => {
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.bigInt().map(Number), fc.string());
    const change = fc.oneof(
      fc.record({ top: fc.constantFrom(...TOP, "tags", "name", "not_before", "start_by"), value }),
      fc.record({ param: fc.constantFrom(...PARAMS), value }),
    );
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        const body =
          "top" in one
            ? jobWith({}, { [one.top]: one.value })
            : jobWith({ [one.param]: one.value });
        const answer = await send(body);
        expect(answer.status).toBeLessThan(500);
        if (answer.status !== 200) expect(answer.body.details.length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });
});
