import { Problem, ROUTES } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../support/example-job.ts";
import { newAgent } from "../support/workerd/new-agent.ts";
import { newOwner } from "../support/workerd/new-owner.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

const MEMBERS = ["error", "code", "title", "status", "request_id", "retryable", "details"];

describe("an error", () => {
  it.each([
    ["GET", "/api/v1/nothing"],
    ["POST", "/api"],
    ["GET", "/api/v1/queue/jobs/"],
    ["DELETE", "/api/v2/generate/bulk"],
    ["GET", "/api/v1/queue/jobs/%ff%00/status"],
    ["GET", "//healthz"],
  ])("has its one shape for %s %s, which is no address", async (method, path) => {
    const queue = openQueue();
    const owner = await newOwner(queue);
    const answer = await queue.call(method, path, { as: owner.auth });
    expect(answer.status).toBe(404);
    expect(Object.keys(answer.body)).toEqual(MEMBERS);
    expect(Problem.parse(answer.body)).toMatchObject({ code: "not_found", retryable: false });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("x-request-id")).toBe(answer.body.request_id);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("gives every request an id of its own", async () => {
    const queue = openQueue();
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => (await queue.call("GET", "/api")).body.request_id),
    );
    expect(new Set(ids).size).toBe(5);
  });

  it("of the database is worth another try, says when, and tells nothing of the inside", async () => {
    const queue = openQueue();
    const owner = await newOwner(queue);
    queue.database.faultOf = () => "before";
    const answer = await queue.call("GET", "/api/v1/queue/jobs", { as: owner.auth });
    expect(answer.body).toMatchObject({ status: 503, code: "unavailable", retryable: true });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const told = JSON.stringify({ ...answer.body, request_id: "" });
    expect(told).not.toMatch(/D1|select|Network/i);
    const logged = queue.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged.at(-1)).toMatchObject({
      event: "request_failed",
      request_id: answer.body.request_id,
      error: expect.stringContaining("Network connection lost"),
    });
  });

  it("of our own is logged under its request's id, without what was sent, and told to nobody", async () => {
    const queue = openQueue();
    const owner = await newOwner(queue);
    const agent = await newAgent(queue, owner);
    await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: exampleJob(agent.alias) });
    const lease = await agent.claim();
    queue.database.faultOf = (sql) => {
      if (sql.startsWith('update "jobs"')) throw new Error("a bug");
      return undefined;
    };
    const response = await queue.fetch(`/api/v1/agent/jobs/${lease.mobilesd_job_id}/fail`, {
      method: "POST",
      headers: { ...agent.headers, "Content-Type": "application/json" },
      body: JSON.stringify({
        epoch: lease.epoch,
        lease_token: lease.lease_token,
        kind: "user",
        reason: "forge_error",
        message: "canary-message",
      }),
    });
    const problem = Problem.parse(await response.json());
    expect(problem).toEqual({
      error: "Something broke on our side",
      code: "internal",
      title: "Something broke on our side",
      status: 500,
      request_id: response.headers.get("x-request-id"),
      retryable: true,
      details: [],
    });
    const logged = queue.logLines.filter((line) => line.includes(problem.request_id));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("a bug");
    for (const secret of ["canary-message", lease.lease_token, owner.key.key]) {
      expect(queue.logLines.join("\n")).not.toContain(secret);
    }
  });
});

const paths = [...new Set(Object.values(ROUTES).map((route) => route.path))];

it.each(paths)("%s names its methods when asked by another", async (path) => {
  const queue = openQueue();
  const methods = Object.values(ROUTES)
    .filter((route) => route.path === path)
    .map((route) => route.method);
  const url = path.replace(/:\w+/g, "x");
  for (const method of ["PATCH", "OPTIONS"]) {
    const answer = await queue.call(method, url);
    expect(answer.body).toMatchObject({ status: 405, code: "method_not_allowed" });
    const allowed = answer.headers.get("allow")?.split(", ");
    expect(allowed).toEqual(expect.arrayContaining(methods));
    expect(allowed?.includes("HEAD")).toBe(methods.includes("GET" as never));
  }
});

it("answers HEAD like GET, without the body", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const head = await queue.call("HEAD", "/api/v1/queue/jobs", { as: owner.auth });
  expect([head.status, head.text]).toEqual([200, ""]);
  expect((await queue.call("HEAD", "/api/v1/queue/jobs")).status).toBe(401);
  expect((await queue.call("HEAD", "/api/v2/generate", { as: owner.auth })).status).toBe(405);
});

describe("health", () => {
  it("says that D1 and R2 answer", async () => {
    const answer = await openQueue().call("GET", "/healthz");
    expect(answer.body).toEqual({
      status: "ok",
      version: "test",
      server_time: "2026-11-02T12:00:00.000Z",
    });
  });

  it("is a 503 as soon as one of them does not, whatever it throws", async () => {
    const queue = openQueue();
    queue.database.faultOf = () => {
      throw new Error("D1_ERROR: something new");
    };
    expect((await queue.call("GET", "/healthz")).body).toMatchObject({ code: "unavailable" });
    const noBucket = {
      head: async () => {
        throw new Error("R2 is gone");
      },
    };
    const other = openQueue({ bucket: noBucket as unknown as R2Bucket });
    expect((await other.call("GET", "/healthz")).headers.get("retry-after")).not.toBe(null);
  });
});
