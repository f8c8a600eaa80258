import { HEADERS, ROLES, ROUTES, type Route, WIRE_VERSION } from "@mobilesd/contract";
import { beforeAll, describe, expect, it } from "vitest";
import { mayCall } from "../../src/domain/access.ts";
import { exampleJob } from "../support/example-job.ts";
import { newAgent, type TestAgent } from "../support/workerd/new-agent.ts";
import { authOf, newKey, newOwner, type TestOwner } from "../support/workerd/new-owner.ts";
import { type Answer, openQueue } from "../support/workerd/open-queue.ts";

const queue = openQueue();
let mine: TestOwner;
let other: TestOwner;
let agent: TestAgent;
let otherAgent: TestAgent;
/** A finished and a running job of `mine`, and an upload that the running one names. */
let real: { id: string; name: string; upload: string };

const FOREIGN_ID = "3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11";
const FOREIGN_UPLOAD = `upl_${"x".repeat(22)}`;
const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  ),
  (char) => char.charCodeAt(0),
);

beforeAll(async () => {
  mine = await newOwner(queue);
  other = await newOwner(queue);
  agent = await newAgent(queue, mine);
  otherAgent = await newAgent(queue, other);
  const submit = (changes = {}) =>
    queue.call("POST", "/api/v2/generate", {
      as: mine.auth,
      json: exampleJob(agent.alias, changes),
    });
  const { body: upload } = await queue.call("POST", "/api/v2/uploads", {
    as: mine.auth,
    body: PNG,
    headers: { "Content-Length": String(PNG.length) },
  });
  await submit();
  const finished = await agent.claim();
  await agent.finish(finished);
  const params = exampleJob("x").generation_params;
  const img2img = { init_image: { upload_id: String(upload.upload_id) } };
  await submit({ generation_params: { ...params, img2img } });
  const running = await agent.claim();
  await agent.start(running);
  real = {
    id: running.mobilesd_job_id,
    name: `${finished.mobilesd_job_id}_00001.png`,
    upload: String(upload.upload_id),
  };
});

/** A route's path with parameters of nothing, or of what is really there. */
function pathOf(route: Route, isReal = false): string {
  const upload = isReal ? real.upload : FOREIGN_UPLOAD;
  const id = isReal ? real.id : FOREIGN_ID;
  return route.path
    .replace(":name", isReal ? real.name : `${FOREIGN_ID}_00001.png`)
    .replace(":index", "1")
    .replace(":alias", isReal ? agent.alias : "nowhere")
    .replace(":id", route.path.includes("uploads") ? upload : id);
}

/** A request whose body no route can take: whatever answers, it answers before the body is judged. */
function ask(route: Route, as: Record<string, string>, isReal = false): Promise<Answer> {
  const isBodied = route.body !== undefined;
  return queue.call(route.method, pathOf(route, isReal), {
    as,
    headers: { [HEADERS.wire]: WIRE_VERSION, ...(isBodied ? { "Content-Type": "text/html" } : {}) },
    ...(isBodied ? { body: "{" } : {}),
  });
}

const withoutId = ({ body }: Answer) => ({ ...body, request_id: "" });

const guarded = Object.entries<Route>(ROUTES).filter(([, route]) => route.access !== "public");

describe.each(guarded)("%s", (_, route) => {
  it("asks a stranger for credentials before anything else", async () => {
    const answer = await ask(route, {});
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      code: "credentials_required",
      error: "API key and secret are required",
    });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  it("answers every wrong key alike", async () => {
    const { key, secret } = mine.key;
    const revoked = await newKey(queue, mine, ROLES.owner, { isActive: false });
    const expired = await newKey(queue, mine, ROLES.owner, { expiresAt: queue.now });
    const strange = await newKey(openQueue(), { id: "own_nobody", name: "nobody" }, ROLES.owner);
    const wrong = [
      { key, secret: other.key.secret },
      { key: other.key.key, secret },
      { key: `${key.slice(0, -1)}!`, secret },
      { key, secret: "" },
      { key: secret, secret: key },
      revoked,
      expired,
      strange,
    ];
    const answers = await Promise.all(wrong.map((one) => ask(route, authOf(one))));
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(withoutId(answer)).toEqual({
        error: "Invalid API credentials",
        code: "invalid_credentials",
        title: "Invalid API credentials",
        status: 401,
        request_id: "",
        retryable: false,
        details: [],
      });
    }
  });

  it("forbids every role that lacks its permission, before it looks at what was sent", async () => {
    for (const role of ["viewer", "member", "owner", "agent"] as const) {
      const serverAlias = role === "agent" ? agent.alias : null;
      const key = await newKey(queue, mine, ROLES[role], { serverAlias });
      const answer = await ask(route, authOf(key));
      const actor = {
        ownerId: "",
        ownerName: "",
        keyId: "",
        permissions: ROLES[role],
        serverAlias,
      };
      const isAllowed = mayCall(actor, route.access);
      if (!isAllowed) expect(answer.body, role).toMatchObject({ code: "forbidden", status: 403 });
      else expect([401, 403], role).not.toContain(answer.status);
    }
  });
});

const named = guarded.filter(([, route]) => route.params !== undefined);
const ofServers = named.filter(([, route]) => route.path.includes(":alias"));
const ofOwners = named.filter(([, route]) => !route.path.includes(":alias"));

describe.each(ofOwners)("%s", (_, route) => {
  it("answers what is another's exactly like what does not exist, before it is a 400 or a 409", async () => {
    const as = route.access === "agent" ? otherAgent.headers : other.auth;
    const [theirs, nothing] = [await ask(route, as, true), await ask(route, as)];
    expect(theirs.status).toBe(404);
    expect(withoutId(theirs)).toEqual(withoutId(nothing));
    expect(theirs.text).not.toContain(real.id);
  });

  it("answers an impossible name or id like one that does not exist", async () => {
    const as = route.access === "agent" ? agent.headers : mine.auth;
    const path = route.path.replace(/:(id|name)/, "..%2f..%2fetc").replace(":index", "0");
    const answer = await queue.call(route.method, path, { as });
    expect(answer.body).toMatchObject({ code: "not_found", status: 404 });
    const stranger = await queue.call(route.method, path);
    expect(stranger.body).toMatchObject({ code: "credentials_required" });
  });

  it("is there for its owner, or for the agent of its server", async () => {
    const as = route.access === "agent" ? agent.headers : mine.auth;
    expect((await ask(route, as, true)).status).not.toBe(404);
  });
});

describe.each(ofServers)("%s", (_, route) => {
  it("is for a key of the server's owner, or one that reaches every owner's", async () => {
    const manager = authOf(await newKey(queue, mine, ["servers:manage"]));
    const stranger = authOf(await newKey(queue, other, ["servers:manage"]));
    const admin = await newOwner(queue, "owner");
    expect([403, 404]).not.toContain((await ask(route, manager, true)).status);
    expect([403, 404]).not.toContain((await ask(route, admin.auth, true)).status);
    expect((await ask(route, stranger, true)).body).toMatchObject({ code: "forbidden" });
  });

  it("answers an impossible name like one that does not exist", async () => {
    const manager = authOf(await newKey(queue, mine, ["servers:manage"]));
    const impossible = route.path.replace(":alias", "..%2f..%2fetc");
    const answers = [
      await ask(route, manager),
      await queue.call(route.method, impossible, { as: manager }),
    ];
    for (const { body } of answers) expect(body).toMatchObject({ code: "not_found", status: 404 });
  });
});

it("shows one owner's jobs to no other, and every owner's to a key that may reach all", async () => {
  const list = (as: Record<string, string>, query = "") =>
    queue.call<{ total: number }>("GET", `/api/v1/queue/jobs${query}`, { as });
  const admin = await newOwner(queue, "owner");
  expect((await list(other.auth)).body.total).toBe(0);
  const before = (await list(mine.auth)).body.total;
  expect(before).toBeGreaterThan(0);
  expect((await list(admin.auth)).body.total).toBe(0);
  const query = `?owner=${encodeURIComponent(mine.name)}`;
  expect((await list(admin.auth, query)).body.total).toBe(before);
  expect((await list(other.auth, query)).status).toBe(400);
  expect(
    (await queue.call("GET", `/api/v1/queue/jobs/${real.id}`, { as: admin.auth })).status,
  ).toBe(200);
});
