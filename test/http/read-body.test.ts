import { env } from "cloudflare:workers";
import { GenerationParams, LIMITS } from "@mobilesd/contract";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../support/example-job.ts";
import { newAgent, type TestAgent } from "../support/workerd/new-agent.ts";
import { newOwner, type TestOwner } from "../support/workerd/new-owner.ts";
import { openQueue } from "../support/workerd/open-queue.ts";
import { BAD_PART_REQUESTS } from "./bad-parts.ts";
import { BAD_REQUESTS, CANARY } from "./bad-requests.ts";

const queue = openQueue();
let owner: TestOwner;
let agent: TestAgent;

beforeAll(async () => {
  owner = await newOwner(queue);
  agent = await newAgent(queue, owner);
});

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

describe("bad input", () => {
  it.each(Object.entries({ ...BAD_REQUESTS, ...BAD_PART_REQUESTS }))(
    "is refused by name and limit, and not stored: %s",
    async (_, bad) => {
      const [body, status, code, name, limit] = bad;
      const before = await storedJobs();
      const firstLine = queue.logLines.length;
      const answer = await send(body(jobWith));
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
  const PARAMS = Object.keys(GenerationParams.shape);

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
