import { env } from "cloudflare:workers";
import { DURATIONS, ROLES } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { dumpDatabase } from "../../support/workerd/dump-database.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { authOf, newKey, newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const LIST = "/api/v1/queue/jobs";

it("takes a key by two headers or as a bearer", async () => {
  const queue = openQueue();
  const { key, auth } = await newOwner(queue);
  const bearer = (scheme: string) => ({ Authorization: `${scheme} ${key.key}.${key.secret}` });
  for (const as of [auth, bearer("Bearer"), bearer("bearer")]) {
    expect((await queue.call("GET", LIST, { as })).status).toBe(200);
  }
});

it.each([
  ["only the key", (key: string) => ({ "X-API-Key": key })],
  ["only the secret", (_: string, secret: string) => ({ "X-API-Secret": secret })],
  [
    "another scheme",
    (key: string, secret: string) => ({ Authorization: `Basic ${btoa(`${key}:${secret}`)}` }),
  ],
  ["a bearer without a dot", (key: string) => ({ Authorization: `Bearer ${key}` })],
  ["a key in the address", () => ({})],
])("asks for key and secret when it gets %s", async (_, headers) => {
  const queue = openQueue();
  const { key } = await newOwner(queue);
  const path = `${LIST}?key=${key.key}`;
  const as = headers(key.key, key.secret);
  expect((await queue.call("GET", path, { as })).body).toMatchObject({
    error: "API key and secret are required",
  });
});

it("refuses a typo without a look at the database", async () => {
  const queue = openQueue();
  const { key } = await newOwner(queue);
  queue.database.startCounting();
  const typo = (text: string) => text.replace(/.(.)$/, (_, last) => `~${last}`);
  for (const as of [
    authOf({ key: typo(key.key), secret: key.secret }),
    authOf({ key: key.key, secret: typo(key.secret) }),
    authOf({ key: "", secret: "" }),
    { Cookie: `mobilesd=${typo(key.key)}` },
  ]) {
    expect((await queue.call("GET", LIST, { as })).status).toBe(401);
  }
  expect(queue.database.statements).toEqual([]);
});

it("looks a key up once in ten seconds, and lets go of a revoked one within them", async () => {
  const queue = openQueue();
  const { key, auth } = await newOwner(queue);
  const ask = async () => (await queue.call("GET", "/api/v1/servers", { as: auth })).status;
  expect(await ask()).toBe(200);
  await queue.settle();
  queue.database.startCounting();
  expect(await ask()).toBe(200);
  expect(queue.database.statements.some((sql) => sql.includes("api_keys"))).toBe(false);
  await env.DB.prepare("UPDATE api_keys SET is_active = 0 WHERE id = ?").bind(key.id).run();
  queue.now += DURATIONS.authCacheTtlMs;
  expect(await ask()).toBe(401);
});

it("ends a key at the moment it expires, cached or not", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const key = await newKey(queue, owner, ROLES.viewer, { expiresAt: queue.now + 5_000 });
  const ask = async () => (await queue.call("GET", LIST, { as: authOf(key) })).status;
  expect(await ask()).toBe(200);
  queue.now += 5_000;
  expect(await ask()).toBe(401);
});

it("notes the last use of a key at most once an hour, and not before the answer", async () => {
  const queue = openQueue();
  const { key, auth } = await newOwner(queue);
  const lastUsed = () =>
    env.DB.prepare("SELECT last_used FROM api_keys WHERE id = ?").bind(key.id).first("last_used");
  const writes = async () => {
    queue.database.startCounting();
    await queue.call("GET", LIST, { as: auth });
    await queue.settle();
    return queue.database.costs.filter((cost) => cost.rowsWritten > 0).length;
  };
  expect(await lastUsed()).toBe(null);
  const first = queue.now;
  expect(await writes()).toBe(1);
  expect(await lastUsed()).toBe(first);
  queue.now += DURATIONS.lastUsedResolutionMs - 1;
  expect(await writes()).toBe(0);
  queue.now += 1;
  queue.now += DURATIONS.authCacheTtlMs;
  expect(await writes()).toBe(1);
  expect(await lastUsed()).toBe(queue.now);
});

describe("what is secret", () => {
  it("is stored nowhere and logged nowhere, whatever happens", async () => {
    const queue = openQueue();
    const owner = await newOwner(queue, "owner");
    const agent = await newAgent(queue, owner);
    const pairing = await queue.call("POST", "/api/v1/pairings", {
      as: owner.auth,
      json: { for: "page" },
    });
    const claimed = await queue.call("POST", "/api/v1/pairings/claim", {
      json: { code: pairing.body.code },
    });
    const [, session = ""] = /=(mps_\w+)/.exec(claimed.headers.get("set-cookie") ?? "") ?? [];
    const json = exampleJob(agent.alias, { name: "named" });
    await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    const lease = await agent.claim();
    await agent.start(lease);
    await agent.fail(lease, { kind: "user", message: "no" });
    await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: { nonsense: 1 } });
    queue.database.faultOf = () => "before";
    queue.now += DURATIONS.authCacheTtlMs;
    await queue.call("GET", LIST, { as: owner.auth });
    queue.database.faultOf = undefined;
    await queue.settle();
    const places = { database: await dumpDatabase(), log: queue.logLines.join("\n") };
    const secrets = {
      "a key's secret": owner.key.secret,
      "an agent's secret": agent.auth["X-API-Secret"] ?? "",
      "a pairing code": String(pairing.body.code),
      "a pairing code as stored": String(pairing.body.code).replaceAll("-", ""),
      "a page's session": session,
      "a lease's token": lease.lease_token,
      "the pepper": env.KEY_PEPPER,
    };
    expect(places.database).toContain(owner.key.key);
    for (const [what, secret] of Object.entries(secrets)) {
      expect(secret.length, what).toBeGreaterThan(10);
      for (const [where, text] of Object.entries(places)) {
        expect(text.includes(secret), `${what} in the ${where}`).toBe(false);
      }
    }
    expect(places.log).not.toContain("lighthouse");
    expect(places.log).not.toContain(owner.key.key);
    for (const line of queue.logLines) expect(JSON.parse(line)).toHaveProperty("event");
  });
});
