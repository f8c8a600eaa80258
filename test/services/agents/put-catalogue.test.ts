import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { EXAMPLE_CATALOGUE, PONY } from "../../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, { isSilent: true });
  const submit = (params: Parameters<typeof exampleParams>[0] = {}) =>
    queue.call("POST", "/api/v2/generate", {
      as: owner.auth,
      json: exampleJob(agent.alias, { generation_params: exampleParams(params) }),
    });
  const reason = async (id: unknown) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body
      .status_reason;
  return { queue, owner, agent, submit, reason };
}

it("starts a session with what the agent must know and nothing else", async () => {
  const { queue, agent } = await open();
  const { body } = await agent.hello();
  expect(body).toEqual({
    session_id: expect.stringMatching(/^ses_/),
    server_alias: agent.alias,
    server_time: new Date(queue.now).toISOString(),
    catalogue_wanted: false,
    durations: DURATIONS,
    orders: { mode: "active", unload_requested_at: null },
  });
  expect((await agent.claimRaw()).body).toMatchObject({ job: null });
});

it("ends the wait of jobs that were queued before their server ever came", async () => {
  const { agent, submit, reason } = await open();
  const { mobilesd_job_id: id } = (await submit()).body;
  expect(await reason(id)).toBe("waiting_for_server");
  await agent.hello();
  expect(await reason(id)).toBe("queued");
});

it("wants a catalogue only when it has another", async () => {
  const { agent } = await open();
  await agent.hello();
  await agent.putCatalogue();
  const sha256 = await env.DB.prepare("SELECT catalogue_sha256 AS s FROM servers WHERE alias = ?")
    .bind(agent.alias)
    .first<string>("s");
  const wanted = async (catalogue_sha256: string | null) =>
    (
      await agent.post("hello", {
        agent_version: "1",
        forge: { flavour: "forge", version: "f2" },
        gpu: { name: "RTX", vram_bytes: 8e9 },
        catalogue_sha256,
      })
    ).body.catalogue_wanted;
  expect(await wanted(sha256)).toBe(false);
  expect(await wanted("0".repeat(64))).toBe(true);
});

it("keeps the whole as an object, and writes only the names that differ", async () => {
  const { queue, agent } = await open();
  await agent.hello();
  expect((await agent.putCatalogue()).status).toBe(204);
  const stored = await env.BUCKET.get(`servers/${agent.alias}/catalogue.json`);
  expect(await stored?.json()).toEqual(EXAMPLE_CATALOGUE);
  const names = async () =>
    (
      await env.DB.prepare(
        "SELECT name FROM catalogue_names WHERE server_alias = ? AND kind = 'sampler'",
      )
        .bind(agent.alias)
        .all<{ name: string }>()
    ).results.map((row) => row.name);
  expect(new Set(await names())).toEqual(new Set(EXAMPLE_CATALOGUE.samplers));
  queue.database.startCounting();
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, samplers: ["Euler", "Euler a", "LCM"] });
  const written = queue.database.costs
    .filter(({ sql }) => sql.includes("catalogue_names"))
    .reduce((sum, cost) => sum + cost.rowsWritten, 0);
  expect(written).toBe(2);
  expect(new Set(await names())).toEqual(new Set(["Euler", "Euler a", "LCM"]));
});

it("notes a hash that came later without losing the name", async () => {
  const { agent, submit } = await open();
  await agent.hello();
  await agent.putCatalogue();
  const [first, ...others] = EXAMPLE_CATALOGUE.checkpoints;
  expect(first).toBeDefined();
  const [plain, ...rest] = others.map((one) => ({ ...one }));
  const hashed = plain && { ...plain, hash: "0123456789", sha256: "0123456789".padEnd(64, "a") };
  const checkpoints = [first, hashed, ...rest].filter((one) => one !== undefined);
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, checkpoints });
  expect((await submit({ checkpoint_name: "0123456789" })).status).toBe(200);
  expect((await submit({ checkpoint_name: "plain_sd15" })).status).toBe(200);
});

it("takes a very large catalogue in bounded pieces", async () => {
  const { agent, submit } = await open();
  await agent.hello();
  const loras = Array.from({ length: 8_000 }, (_, n) => ({
    name: `folder/${"x".repeat(80)}_${n}`,
    alias: `lora number ${n}`,
  }));
  expect((await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, loras })).status).toBe(204);
  const count = () =>
    env.DB.prepare(
      "SELECT count(*) AS n FROM catalogue_names WHERE server_alias = ? AND kind = 'lora'",
    )
      .bind(agent.alias)
      .first<number>("n");
  expect(await count()).toBe(16_000);
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, loras: loras.slice(1) });
  expect(await count()).toBe(15_998);
  expect((await submit()).status).toBe(200);
});

it("is wanted again when it was cut short", async () => {
  const { queue, agent } = await open();
  await agent.hello();
  queue.database.faultOf = (sql) => (sql.includes("missing_checkpoint") ? "before" : undefined);
  queue.database.faultOf = (sql) => (sql.startsWith('update "jobs"') ? "before" : undefined);
  expect((await agent.putCatalogue()).body).toMatchObject({ code: "unavailable" });
  queue.database.faultOf = undefined;
  const sha256 = await env.DB.prepare("SELECT catalogue_sha256 AS s FROM servers WHERE alias = ?")
    .bind(agent.alias)
    .first("s");
  expect(sha256).toBe(null);
});

it("gives jobs that were taken on trust their checkpoint's own name, or holds them", async () => {
  const { agent, submit, reason } = await open();
  const known = await submit({ checkpoint_name: "cyberrealisticPony_v8" });
  const unknown = await submit({ checkpoint_name: "never-heard-of" });
  expect(await reason(known.body.mobilesd_job_id)).toBe("waiting_for_server");
  await agent.hello();
  await agent.putCatalogue();
  expect(await reason(unknown.body.mobilesd_job_id)).toBe("missing_checkpoint");
  const lease = await agent.claim();
  expect(lease).toMatchObject({
    mobilesd_job_id: known.body.mobilesd_job_id,
    checkpoint_name: PONY,
    generation_params: { checkpoint_name: "cyberrealisticPony_v8" },
  });
  expect((await agent.claimRaw()).body.job).toBe(null);
  const found = {
    name: "never-heard-of.safetensors",
    basename: "never-heard-of",
    hash: null,
    sha256: null,
  };
  const checkpoints = [...EXAMPLE_CATALOGUE.checkpoints, found];
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, checkpoints });
  expect((await agent.claim()).checkpoint_name).toBe("never-heard-of.safetensors");
});

it("gives a job that waits for its time its checkpoint's own name too", async () => {
  const { queue, owner, agent } = await open();
  const json = exampleJob(agent.alias, {
    generation_params: exampleParams({ checkpoint_name: "cyberrealisticPony_v8" }),
    not_before: new Date(queue.now + 60_000).toISOString(),
  });
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  await agent.hello();
  await agent.putCatalogue();
  queue.now += 60_000;
  await queue.sweep();
  expect((await agent.claim()).checkpoint_name).toBe(PONY);
});

it("is refused when it is not one, by field", async () => {
  const { queue, agent } = await open();
  await agent.hello();
  const put = (json: object) =>
    queue.call("PUT", "/api/v1/agent/catalogue", { as: agent.headers, json });
  expect((await put({ ...EXAMPLE_CATALOGUE, samplers: [1] })).body).toMatchObject({
    status: 400,
    details: [{ field: "samplers.0" }],
  });
  expect((await put({ ...EXAMPLE_CATALOGUE, secrets: [] })).body).toMatchObject({
    details: [{ field: "secrets" }],
  });
});
