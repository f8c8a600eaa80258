import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { authOf, newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue, type TestQueue } from "../../support/workerd/open-queue.ts";

const LIST = "/api/v1/queue/jobs";
const CLAIM = "/api/v1/pairings/claim";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue, "owner");
  const pair = async (json: object = { for: "page" }) =>
    (await queue.call("POST", "/api/v1/pairings", { as: owner.auth, json })).body;
  return { queue, owner, pair };
}

const claim = (
  queue: TestQueue,
  json: object,
  headers: Record<string, string> = {},
  origin?: string,
) => queue.call("POST", CLAIM, { json, headers, ...(origin === undefined ? {} : { origin }) });

/** The cookie of an answer, as a browser sends it back. */
function cookieOf(headers: Headers): { Cookie: string } {
  return { Cookie: headers.get("set-cookie")?.split(";")[0] ?? "" };
}

describe("a pairing code", () => {
  it("stands in a link behind its #, where no server and no log sees it", async () => {
    const { queue, pair } = await open();
    const { code, url, expires_at } = await pair();
    expect(url).toBe(`http://queue.test/#pair=${code}`);
    expect(Date.parse(String(expires_at)) - queue.now).toBe(DURATIONS.pairingCodeTtlMs);
  });

  it("signs a page in once, however it is typed", async () => {
    const { queue, owner, pair } = await open();
    const { code } = await pair();
    const typed = String(code).toLowerCase().replaceAll("-", " ");
    const first = await claim(queue, { code: typed });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      for: "page",
      owner: owner.name,
      expires_at: new Date(queue.now + DURATIONS.pageSessionTtlMs).toISOString(),
    });
    expect((await queue.call("GET", LIST, { as: cookieOf(first.headers) })).status).toBe(200);
    const second = await claim(queue, { code });
    expect(second.body).toMatchObject({ status: 401, code: "pairing_code_invalid" });
    expect(second.headers.get("set-cookie")).toBe(null);
  });

  it("for a box is not used up by a page that it is opened in, and stands in no link", async () => {
    const { queue, pair } = await open();
    const { code, url } = await pair({ for: "agent", server_alias: "Attic" });
    expect(url).toBeUndefined();
    const byPage = await claim(queue, { code, for: "page" });
    expect(byPage.body).toMatchObject({ code: "pairing_code_invalid" });
    expect((await claim(queue, { code, for: "agent" })).status).toBe(201);
  });

  it("is worth one session however many claim it at once", async () => {
    const { queue, pair } = await open();
    const { code } = await pair();
    const answers = await Promise.all(Array.from({ length: 6 }, () => claim(queue, { code })));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  });

  it("ends after ten minutes, and with the key that made it", async () => {
    const { queue, owner, pair } = await open();
    const late = await pair();
    queue.now += DURATIONS.pairingCodeTtlMs;
    expect((await claim(queue, { code: late.code })).status).toBe(401);
    const orphan = await pair();
    await env.DB.prepare("UPDATE api_keys SET is_active = 0 WHERE id = ?").bind(owner.key.id).run();
    expect((await claim(queue, { code: orphan.code })).status).toBe(401);
  });

  it("makes an agent's key, bound to its server, which exists from then on", async () => {
    const { queue, owner, pair } = await open();
    const alias = `box-${crypto.randomUUID().slice(0, 8)}`;
    const { code } = await pair({ for: "agent", server_alias: alias });
    const { body, headers } = await claim(queue, { code, name: "the box" });
    expect(headers.get("set-cookie")).toBe(null);
    expect(body).toMatchObject({
      for: "agent",
      key: { name: "the box", permissions: ["agent"], server_alias: alias, owner: owner.name },
    });
    const key = body.key as { key: string; secret: string };
    const hello = await queue.call("POST", "/api/v1/agent/hello", {
      as: { ...authOf(key), "MobileSD-Wire": "1" },
      json: {
        agent_version: "1",
        forge: { flavour: "demo", version: null },
        gpu: { name: null, vram_bytes: null },
        catalogue_sha256: null,
      },
    });
    expect(hello.body).toMatchObject({ server_alias: alias });
    const { body: list } = await queue.call<{ servers: object[] }>("GET", "/api/v1/servers", {
      as: owner.auth,
    });
    expect(list.servers).toContainEqual(expect.objectContaining({ alias, has_catalogue: false }));
  });

  it("that a page shows gives a Forge extension a member's key of its own, once", async () => {
    const { queue, owner, pair } = await open();
    const { code } = await pair();
    const wish = { code, for: "extension", name: "Forge on the attic box" };
    const { status, body, headers } = await claim(queue, wish);
    expect([status, headers.get("set-cookie")]).toEqual([201, null]);
    expect(body).toEqual({
      for: "extension",
      key: {
        id: expect.stringMatching(/^key_/),
        name: "Forge on the attic box",
        key: expect.stringMatching(/^msk_/),
        secret: expect.stringMatching(/^mss_/),
        owner: owner.name,
        permissions: ["jobs:submit", "jobs:read", "jobs:manage"],
        server_alias: null,
        created_at: new Date(queue.now).toISOString(),
      },
    });
    const as = authOf(body.key as { key: string; secret: string });
    expect((await queue.call("GET", LIST, { as })).status).toBe(200);
    const more = await queue.call("POST", "/api/v1/pairings", { as, json: { for: "page" } });
    expect(more.body).toMatchObject({ status: 403, code: "forbidden" });
    for (const use of ["extension", "page", undefined]) {
      expect((await claim(queue, { code, for: use })).body).toMatchObject({
        code: "pairing_code_invalid",
      });
    }
  });

  it("for an extension opens no page and no box, and is not used up by the attempt", async () => {
    const { queue, pair } = await open();
    const { code, url } = await pair({ for: "extension" });
    expect(url).toBe(`http://queue.test/#pair=${code}`);
    for (const use of ["page", "agent"]) {
      const answer = await claim(queue, { code, for: use });
      expect(answer.body).toMatchObject({ status: 401, code: "pairing_code_invalid" });
    }
    const { body } = await claim(queue, { code });
    expect(body).toMatchObject({ for: "extension", key: { name: "Forge extension" } });
  });

  it("for a box gives an extension nothing, and is not used up by the attempt", async () => {
    const { queue, pair } = await open();
    const alias = `box-${crypto.randomUUID().slice(0, 8)}`;
    const { code } = await pair({ for: "agent", server_alias: alias });
    const answer = await claim(queue, { code, for: "extension" });
    expect(answer.body).toMatchObject({ status: 401, code: "pairing_code_invalid" });
    expect((await claim(queue, { code, for: "agent" })).status).toBe(201);
  });

  it("gives an extension nothing after its ten minutes, and one key however many claim at once", async () => {
    const { queue, pair } = await open();
    const late = await pair({ for: "extension" });
    const use = { for: "extension" };
    queue.now += DURATIONS.pairingCodeTtlMs;
    expect((await claim(queue, { code: late.code, ...use })).status).toBe(401);
    const { code } = await pair();
    const many = Array.from({ length: 6 }, () => claim(queue, { code, ...use }));
    const answers = await Promise.all(many);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  });

  it("is made only for an alias that can stand in a URL", async () => {
    const { pair } = await open();
    for (const server_alias of ["any", "", "a b", "../x", "-x", "x".repeat(65), "ü"]) {
      expect(await pair({ for: "agent", server_alias })).toMatchObject({
        status: 400,
        details: expect.arrayContaining([expect.objectContaining({ field: "server_alias" })]),
      });
    }
  });
});

describe("a page's session", () => {
  it.each([
    ["http://queue.test", "mobilesd", false],
    ["https://queue.test", "__Host-mobilesd", true],
  ])(
    "over %s is a cookie that no script reads and no other site sends",
    async (origin, name, isSecure) => {
      const { queue, pair } = await open();
      const { code } = await pair();
      const { headers } = await claim(queue, { code }, {}, origin);
      const cookie = headers.get("set-cookie") ?? "";
      expect(cookie.startsWith(`${name}=mps_`)).toBe(true);
      const parts = cookie.split("; ").slice(1);
      expect(parts).toEqual(
        expect.arrayContaining(["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=7776000"]),
      );
      expect(parts.includes("Secure")).toBe(isSecure);
      expect(cookie).not.toContain("Domain");
      const as = cookieOf(headers);
      expect((await queue.call("GET", LIST, { as, origin })).status).toBe(200);
    },
  );

  it("changes things only for our own pages", async () => {
    const { queue, pair } = await open();
    const { headers } = await claim(queue, { code: (await pair()).code });
    const as = cookieOf(headers);
    const remove = (more: Record<string, string>) =>
      queue.call("DELETE", `${LIST}/3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11`, { as, headers: more });
    for (const foreign of [
      { Origin: "https://evil.test" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ]) {
      expect((await remove(foreign)).body).toMatchObject({
        status: 403,
        code: "cross_site_request",
      });
      const session = await queue.call("DELETE", "/api/v1/session", { as, headers: foreign });
      expect(session.body).toMatchObject({ code: "cross_site_request" });
      const { code } = await pair();
      expect((await claim(queue, { code }, foreign)).status).toBe(403);
      expect((await claim(queue, { code })).status).toBe(201);
    }
    expect(
      (await remove({ Origin: "http://queue.test", "Sec-Fetch-Site": "same-origin" })).status,
    ).toBe(404);
    expect(
      (await queue.call("GET", LIST, { as, headers: { Origin: "https://evil.test" } })).status,
    ).toBe(200);
  });

  it("starts with a key as well, and ends when the page signs out, or in time", async () => {
    const { queue, owner } = await open();
    const signIn = (secret: string) =>
      queue.call("POST", "/api/v1/session", { json: { key: owner.key.key, secret } });
    expect((await signIn("wrong")).body).toMatchObject({ error: "Invalid API credentials" });
    const signed = await signIn(owner.key.secret);
    expect(signed.status).toBe(201);
    const as = cookieOf(signed.headers);
    const ask = async () => (await queue.call("GET", LIST, { as })).status;
    expect(await ask()).toBe(200);
    const out = await queue.call("DELETE", "/api/v1/session", { as });
    expect([out.status, out.headers.get("set-cookie")]).toEqual([
      204,
      expect.stringContaining("Max-Age=0"),
    ]);
    expect(await ask()).toBe(401);
    expect((await queue.call("DELETE", "/api/v1/session")).status).toBe(204);
    const again = cookieOf((await signIn(owner.key.secret)).headers);
    queue.now += DURATIONS.pageSessionTtlMs;
    expect((await queue.call("GET", LIST, { as: again })).status).toBe(401);
  });
});
