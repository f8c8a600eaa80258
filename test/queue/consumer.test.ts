import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { ROLES } from "@mobilesd/contract";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NIGHTLY_CRON } from "../../src/cron/upkeep.ts";
import { consumeBatch } from "../../src/queue/consumer.ts";
import type { WakeMessage } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { exampleJob } from "../support/example-job.ts";
import { newAgent, TestAgent } from "../support/workerd/new-agent.ts";
import { authOf, newKey, newOwner } from "../support/workerd/new-owner.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const line of printed) expect(JSON.parse(line)).toHaveProperty("event");
});

/** The Worker itself, as the platform calls it. */
async function deliver(
  queueName: string,
  bodies: readonly unknown[],
  ids = bodies.map((_, n) => `m${n}`),
) {
  const messages = bodies.map((body, n) => ({
    id: ids[n] ?? "",
    timestamp: new Date(),
    attempts: 1,
    body: body as WakeMessage,
  }));
  const batch = createMessageBatch<WakeMessage>(queueName, messages);
  const execution = createExecutionContext();
  await worker.queue(batch, env, execution);
  await waitOnExecutionContext(execution);
  return getQueueResult(batch, execution);
}

async function retryingJob() {
  const queue = openQueue();
  // The Worker that is called below goes by the real clock.
  queue.now = Date.now();
  queue.random = 0;
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const json = exampleJob(agent.alias);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const lease = await agent.claim();
  await agent.start(lease);
  await agent.fail(lease, { kind: "infra" });
  const reason = () =>
    env.DB.prepare("SELECT status_reason AS r FROM jobs WHERE mobilesd_job_id = ?")
      .bind(lease.mobilesd_job_id)
      .first<string>("r");
  return { reason, alias: agent.alias };
}

it("looks at the servers that wake messages name and at no other, and takes every message as done", async () => {
  const [named, other] = [await retryingJob(), await retryingJob()];
  expect(await named.reason()).toBe("retrying");
  const message = { type: "sweep", server: named.alias };
  const result = await deliver("mobilesd-wake", [message, message]);
  expect(result.outcome).toBe("ok");
  expect(result.retryMessages).toEqual([]);
  expect(result.explicitAcks).toEqual(["m0", "m1"]);
  expect(await named.reason()).toBe("queued");
  expect(await other.reason()).toBe("retrying");
  expect(printed.filter((line) => JSON.parse(line).event === "job_swept")).toHaveLength(1);
});

it("lets go of a message that names no server, as the minute's sweep looks at all of them", async () => {
  const { reason } = await retryingJob();
  const result = await deliver("mobilesd-wake", [{ type: "sweep" }, null, "now"]);
  expect(result.explicitAcks).toEqual(["m0", "m1", "m2"]);
  expect(await reason()).toBe("retrying");
});

it("has only the messages of a server again that could not be looked at", async () => {
  const queue = openQueue();
  queue.database.faultOf = (sql) => (sql.includes("wake_at") ? "before" : undefined);
  const done: string[] = [];
  const messageOf = (id: string, body: unknown) => ({
    ...{ id, body, timestamp: new Date(), attempts: 1 },
    ack: () => void done.push(`${id} done`),
    retry: () => void done.push(`${id} again`),
  });
  const messages = [messageOf("a", { type: "sweep", server: "box" }), messageOf("b", {})];
  const batch = { queue: "mobilesd-wake", messages, ackAll() {}, retryAll() {} };
  await consumeBatch(queue.ctx, batch as unknown as MessageBatch);
  expect(done.sort()).toEqual(["a again", "b done"]);
});

it("sweeps each minute by itself, should every message be lost", async () => {
  const { reason } = await retryingJob();
  const execution = createExecutionContext();
  const controller = createScheduledController({ scheduledTime: new Date(), cron: "* * * * *" });
  await worker.scheduled(controller, env, execution);
  await waitOnExecutionContext(execution);
  expect(await reason()).toBe("queued");
});

it("cleans up at night, on the cron that is configured", async () => {
  await env.DB.prepare(
    "INSERT INTO page_sessions (token_hash, api_key_id, created_at, expires_at) VALUES ('h', 'k', '', 1)",
  ).run();
  const execution = createExecutionContext();
  await worker.scheduled(createScheduledController({ cron: NIGHTLY_CRON }), env, execution);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM page_sessions").first("n")).toBe(0);
});

it("keeps a dead letter, once, where an operator finds it", async () => {
  const letter = { type: "sweep", note: "undeliverable" };
  for (let n = 0; n < 2; n++) {
    const result = await deliver("mobilesd-wake-dlq", [letter], ["dead-1"]);
    expect(result.explicitAcks).toEqual(["dead-1"]);
  }
  const { results } = await env.DB.prepare("SELECT * FROM dead_letters").all();
  expect(results).toEqual([
    {
      message_id: "dead-1",
      queue: "mobilesd-wake-dlq",
      body_json: JSON.stringify(letter),
      created_at: expect.any(String),
    },
  ]);
});

it("runs a whole life through the Worker as it is deployed, and wakes for a retry", async () => {
  const setup = openQueue();
  const owner = await newOwner(setup);
  const alias = `box-${crypto.randomUUID().slice(0, 8)}`;
  const key = await newKey(setup, owner, ROLES.agent, { serverAlias: alias });
  await env.DB.prepare("INSERT INTO servers (alias, owner_id, created_at) VALUES (?, ?, '')")
    .bind(alias, owner.id)
    .run();
  const deployed = {
    ...setup,
    async call<T>(method: string, path: string, options: Parameters<typeof setup.call>[2] = {}) {
      const response = await exports.default.fetch(`http://queue.test${path}`, {
        method,
        headers: {
          ...options.as,
          ...options.headers,
          ...(options.json === undefined ? {} : { "Content-Type": "application/json" }),
        },
        ...(options.json === undefined
          ? options.body === undefined
            ? {}
            : { body: options.body }
          : { body: JSON.stringify(options.json) }),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const text = new TextDecoder().decode(bytes);
      const { status, headers } = response;
      return {
        status,
        headers,
        bytes,
        text,
        body: (text.startsWith("{") ? JSON.parse(text) : null) as T,
      };
    },
  };
  const agent = new TestAgent(deployed, alias, authOf(key));
  await agent.hello();
  await agent.putCatalogue();
  const json = exampleJob(alias);
  const submitted = await deployed.call<Record<string, unknown>>("POST", "/api/v2/generate", {
    as: owner.auth,
    json,
  });
  expect(submitted.body).toMatchObject({ success: true, status_reason: "queued" });
  const path = `/api/v1/queue/jobs/${submitted.body.mobilesd_job_id}/status`;
  const status = async () =>
    (await deployed.call<Record<string, unknown>>("GET", path, { as: owner.auth })).body;
  const lease = await agent.claim();
  await agent.start(lease);
  await agent.fail(lease, { kind: "infra" });
  expect(await status()).toMatchObject({ status_reason: "retrying" });
  await env.DB.prepare("UPDATE jobs SET not_before = 1, wake_at = 1 WHERE mobilesd_job_id = ?")
    .bind(lease.mobilesd_job_id)
    .run();
  // A real message through the real queue of this machine.
  await env.WAKE.send({ type: "sweep", server: alias });
  await vi.waitFor(async () => expect(await status()).toMatchObject({ status_reason: "queued" }), {
    timeout: 10_000,
    interval: 100,
  });
  await agent.finish(await agent.claim(), "bytes of the deployed");
  expect(await status()).toMatchObject({ status: "completed", progress: 100 });
  expect(printed.map((line) => JSON.parse(line).event)).toContain("job_completed");
});
