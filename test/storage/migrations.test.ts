import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { TIMING_UNKNOWN } from "../../src/domain/estimate.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { findServer, timingOf } from "../../src/storage/servers.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

/** A row as MobileSD installations have them today. */
const oldRow = (id: string, status: string, params = '{"prompt":"an old cat"}') => ({
  mobilesd_job_id: id,
  status,
  creation_timestamp: "2024-05-01T10:00:00.000Z",
  last_updated_timestamp: "2024-05-01T10:01:00.000Z",
  completion_timestamp: status === "completed" ? "2024-05-01T10:01:00.000Z" : null,
  target_server_alias: "OldServer",
  forge_session_hash: "hash",
  generation_params_json: params,
  result_details_json: '{"images":["a.png"]}',
  retry_count: 2,
  forge_internal_task_id: "task(old)",
});

const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const OLD_ROWS = [
  oldRow(id(1), "completed"),
  oldRow(id(2), "pending"),
  oldRow(id(3), "processing"),
  oldRow(id(4), "failed", "not even JSON"),
  oldRow(id(5), "cancelled"),
  oldRow(id(6), "processing"),
];

beforeAll(async () => {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, 1));
  for (const row of OLD_ROWS) {
    const names = Object.keys(row);
    await env.DB.prepare(
      `INSERT INTO jobs (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
    )
      .bind(...Object.values(row))
      .run();
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

it("keep every old row as it was, as a job of the app `forge` without an owner", async () => {
  const { results } = await env.DB.prepare("SELECT * FROM jobs ORDER BY mobilesd_job_id").all();
  expect(results).toHaveLength(OLD_ROWS.length);
  for (const [at, row] of OLD_ROWS.entries()) {
    expect(results[at]).toMatchObject({
      ...row,
      app_type: "forge",
      owner_id: null,
      priority: 5,
      epoch: 0,
      lease_hash: null,
      tags_json: "[]",
    });
  }
});

it("leave no column of the old table out", async () => {
  const { results } = await env.DB.prepare("PRAGMA table_info(jobs)").all<{ name: string }>();
  const names = results.map((column) => column.name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(OLD_ROWS[0] ?? {})));
  const keys = await env.DB.prepare("PRAGMA table_info(api_keys)").all<{ name: string }>();
  expect(keys.results.map((column) => column.name)).toEqual(
    expect.arrayContaining([
      "id",
      "name",
      "key",
      "secret",
      "created_at",
      "last_used",
      "is_active",
      "permissions",
    ]),
  );
});

it("put at most three secondary indexes on jobs, and none where a partial one does", async () => {
  const { results } = await env.DB.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'jobs' AND sql IS NOT NULL",
  ).all<{ name: string; sql: string }>();
  expect(results.map((index) => index.name).sort()).toEqual([
    "jobs_claimable",
    "jobs_of_owner",
    "jobs_to_wake",
  ]);
  expect(results.filter((index) => / WHERE /i.test(index.sql))).toHaveLength(2);
});

it("give the old rows to the first owner, who sees them and can cancel or delete what was being processed", async () => {
  const queue = openQueue();
  const set = await queue.call<{ key: string; secret: string }>("POST", "/api/v1/setup", {
    json: { setup_token: env.SETUP_TOKEN, owner: "first" },
  });
  expect(set.status).toBe(201);
  const as = { Authorization: `Bearer ${set.body.key}.${set.body.secret}` };
  const list = await queue.call<{ total: number; jobs: Record<string, unknown>[] }>(
    "GET",
    "/api/v1/queue/jobs?limit=10",
    { as },
  );
  expect(list.body.total).toBe(OLD_ROWS.length);
  const shown = Object.fromEntries(list.body.jobs.map((job) => [job.mobilesd_job_id, job]));
  expect(shown[id(1)]).toMatchObject({
    app_type: "forge",
    status: "completed",
    generation_params: { prompt: "an old cat" },
    retry_count: 2,
    warnings: [],
    error: null,
  });
  expect(shown[id(4)]).toMatchObject({ status: "failed", generation_params: {} });
  const found = await queue.call<{ total: number }>("GET", "/api/v1/queue/jobs?q=cat", { as });
  expect(found.status).toBe(200);
  const status = await queue.call("GET", `/api/v1/queue/jobs/${id(2)}/status`, { as });
  expect(status.body).toMatchObject({ status: "pending", images: [] });
  const at = async (n: number) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id(n)}/status`, { as })).body;
  // No server of that name exists, so no sweep ever looks at them.
  for (const n of [3, 6]) {
    expect(await at(n)).toMatchObject({ status: "pending", retry_count: 3 });
  }
  await queue.call("POST", `/api/v1/queue/jobs/${id(6)}/cancel`, { as });
  expect(await at(6)).toMatchObject({ status: "cancelled", status_reason: "user_cancelled" });
  const remove = (n: number) => queue.call("DELETE", `/api/v1/queue/jobs/${id(n)}`, { as });
  expect((await remove(3)).status).toBe(204);
});

it("keep what a server had learned of its times, to go on learning each checkpoint's", async () => {
  await reset();
  const before = env.TEST_MIGRATIONS.findIndex(({ name }) => name.startsWith("0004_"));
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, before));
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO servers (alias, owner_id, created_at, ms_per_megapixel_step, model_load_ms, timing_sample_count)
       VALUES ('known', 'own_1', '2026-01-01', 50, 4000, 9)`,
    ),
    env.DB.prepare(
      "INSERT INTO servers (alias, owner_id, created_at) VALUES ('new', 'own_1', '2026-01-01')",
    ),
  ]);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const timingOfServer = async (alias: string) => {
    const row = await findServer(openDatabase(env.DB), alias);
    return row && timingOf(row);
  };
  expect(await timingOfServer("known")).toEqual({
    msPerMegapixelStep: 50,
    modelLoadMs: 4_000,
    loadMsByCheckpoint: {},
    sampleCount: 9,
  });
  expect(await timingOfServer("new")).toEqual(TIMING_UNKNOWN);
});
