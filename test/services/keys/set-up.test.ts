import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { openQueue } from "../../support/workerd/open-queue.ts";

beforeEach(async () => {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

const setUp = (queue = openQueue(), json: object = { setup_token: env.SETUP_TOKEN }) =>
  queue.call("POST", "/api/v1/setup", { json });

it("makes the first owner's key, which may do everything", async () => {
  const queue = openQueue();
  const { status, body } = await setUp(queue, { setup_token: env.SETUP_TOKEN, owner: "Ada" });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.stringMatching(/^key_/),
    name: "first key",
    key: expect.stringMatching(/^msk_/),
    secret: expect.stringMatching(/^mss_/),
    owner: "Ada",
    permissions: expect.arrayContaining(["jobs:all", "keys:manage"]),
    server_alias: null,
    created_at: new Date(queue.now).toISOString(),
  });
  const as = { "X-API-Key": String(body.key), "X-API-Secret": String(body.secret) };
  expect((await queue.call("GET", "/api/v1/queue/jobs", { as })).status).toBe(200);
});

it("happens once, whoever asks and with whatever token", async () => {
  expect((await setUp()).status).toBe(201);
  expect((await setUp()).body).toMatchObject({ status: 409, code: "already_set_up" });
  const owners = await env.DB.prepare("SELECT count(*) AS n FROM owners").first<number>("n");
  expect(owners).toBe(1);
});

it("happens once even when many ask at the same moment, under whatever names", async () => {
  const answers = await Promise.all(
    ["a", "a", "b", "c"].map((owner) =>
      setUp(openQueue(), { setup_token: env.SETUP_TOKEN, owner }),
    ),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
  for (const table of ["owners", "api_keys"]) {
    expect(await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first("n")).toBe(1);
  }
});

it("needs the setup token", async () => {
  for (const setup_token of ["x", env.SETUP_TOKEN.toUpperCase(), ` ${env.SETUP_TOKEN}`]) {
    expect((await setUp(openQueue(), { setup_token })).body).toMatchObject({
      status: 401,
      code: "setup_token_invalid",
    });
  }
  expect((await setUp(openQueue(), {})).body).toMatchObject({
    status: 400,
    details: [{ field: "setup_token" }],
  });
});
