import { LiveEvent, LIMITS } from "@mobilesd/contract";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { joinHub, openBox, submitJob, until, watch } from "../support/workerd/live-socket.ts";
import type { TestAgent } from "../support/workerd/new-agent.ts";
import type { TestOwner } from "../support/workerd/new-owner.ts";
import { openQueue, ORIGIN, type TestQueue } from "../support/workerd/open-queue.ts";

let queue: TestQueue;
let owner: TestOwner;
let agent: TestAgent;
let events: string;

beforeAll(async () => {
  ({ queue, owner, agent } = await openBox());
  events = `/api/v1/events?server=${agent.alias}`;
});

const UPGRADE = { Upgrade: "websocket" };

/** A page's cookie, as its browser sends it along. */
async function signIn(): Promise<Record<string, string>> {
  const { key, secret } = owner.key;
  const { headers } = await queue.call("POST", "/api/v1/session", { json: { key, secret } });
  return { Cookie: headers.get("set-cookie")?.split(";")[0] ?? "" };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the events of a server", () => {
  it("are nobody's who has not shown who they are, be the server there or not", async () => {
    for (const path of [events, "/api/v1/events?server=nowhere", "/api/v1/events?x=1"]) {
      const { body } = await queue.call("GET", path, { headers: UPGRADE });
      expect(body, path).toMatchObject({ code: "credentials_required", status: 401 });
    }
  });

  it("are not found of a server that is not there, and say what is wrong with the question", async () => {
    const ask = async (query: string) =>
      (await queue.call("GET", `/api/v1/events?${query}`, { as: owner.auth })).body;
    expect(await ask("server=nowhere")).toMatchObject({
      code: "not_found",
      details: [{ field: "server", choices: [agent.alias] }],
    });
    expect(await ask("")).toMatchObject({
      code: "invalid_request",
      details: [{ field: "server" }],
    });
    const since = `x`.repeat(LIMITS.eventIdCharsMax + 1);
    expect(await ask(`server=${agent.alias}&since=${since}`)).toMatchObject({ status: 400 });
  });

  it("open to a page by its cookie, and to no page of another site that a browser sends it from", async () => {
    const cookie = await signIn();
    await (await watch(queue, agent.alias, { ...cookie, Origin: ORIGIN })).next("server");
    for (const foreign of [
      { Origin: "https://evil.example" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ]) {
      for (const headers of [foreign, { ...foreign, ...UPGRADE }]) {
        const { body } = await queue.call("GET", events, { as: { ...cookie }, headers });
        expect(body, JSON.stringify(headers)).toMatchObject({ code: "cross_site_request" });
      }
    }
  });

  it("are worth another try when the hub is out of reach", async () => {
    const away = openQueue();
    const { body, headers } = await away.call("GET", events, { as: owner.auth });
    expect(body).toMatchObject({ code: "unavailable", status: 503, retryable: true });
    expect(headers.get("retry-after")).not.toBe(null);
  });

  it("leave no trace in the row of a key that only listens", async () => {
    const { queue, owner, agent } = await openBox();
    queue.database.startCounting();
    await (await watch(queue, agent.alias, owner.auth)).next("server");
    await joinHub(agent);
    await queue.settle();
    expect(queue.database.costs.filter(({ rowsWritten }) => rowsWritten > 0)).toEqual([]);
    await queue.call("GET", "/api/v1/queue/jobs", { as: owner.auth });
    await queue.settle();
    expect(queue.database.costs.filter(({ rowsWritten }) => rowsWritten > 0)).toHaveLength(1);
  });
});

describe("the agent's socket", () => {
  it("is asked for by no page of another site that a browser sends its cookie from", async () => {
    const as = await signIn();
    const headers = { Origin: "https://evil.example", ...UPGRADE };
    const { body } = await queue.call("GET", "/api/v1/agent/hub", { as, headers });
    expect(body).toMatchObject({ code: "cross_site_request" });
  });

  it("is nothing but a WebSocket", async () => {
    const { body } = await queue.call("GET", "/api/v1/agent/hub", { as: agent.headers });
    expect(body).toMatchObject({ code: "socket_expected", status: 426 });
    const head = await queue.call("HEAD", "/api/v1/agent/hub", {
      as: agent.headers,
      headers: UPGRADE,
    });
    expect(head.status).toBe(426);
  });
});

/** A stream of server-sent events, read as it comes. */
async function openStream(from: TestQueue, path: string, headers: Record<string, string> = {}) {
  const abort = new AbortController();
  const response = await from.fetch(path, {
    headers: { ...owner.auth, ...headers },
    signal: abort.signal,
  });
  const stream = { text: "", isOver: false, response, abort: () => abort.abort() };
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return;
      stream.text += value;
    }
  };
  void read().finally(() => {
    stream.isOver = true;
  });
  return Object.assign(stream, { cancel: () => reader?.cancel() });
}

const eventsOf = ({ text }: { text: string }) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, json = ""]) => LiveEvent.parse(JSON.parse(json)));

describe("the same events to a program that opens no socket", () => {
  it("come as a stream, each with its id, as soon as they are there", async () => {
    const stream = await openStream(queue, events);
    const { headers } = stream.response;
    expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(headers.get("cache-control")).toMatch(/^no-store/);
    expect(headers.get("x-request-id")).not.toBe(null);
    await until("the server", () => eventsOf(stream).some(({ type }) => type === "server"));
    expect(stream.text).toMatch(/^retry: \d+\n\n/);
    const id = await submitJob(agent, owner);
    const event = await until("the job", () => eventsOf(stream).find(({ type }) => type === "job"));
    expect(event).toMatchObject({ type: "job", mobilesd_job_id: id });
    expect(stream.text).toContain(`\n\nid: ${event.id}\ndata: {`);
    await stream.cancel();
  });

  it("go on behind the last one that a reader has heard", async () => {
    const first = await openStream(queue, events);
    await submitJob(agent, owner);
    const last = await until("the job", () => eventsOf(first).find(({ type }) => type === "job"));
    await first.cancel();
    const missed = await submitJob(agent, owner);
    const again = await openStream(queue, events, { "Last-Event-ID": last.id });
    const job = await until("the job", () => eventsOf(again).find(({ type }) => type === "job"));
    expect(job).toMatchObject({ mobilesd_job_id: missed });
    expect(again.text).not.toContain('"type":"gap"');
    const strange = await openStream(queue, events, { "Last-Event-ID": "x".repeat(20_000) });
    await until("the gap", () => strange.text.includes('"type":"gap"'));
    await Promise.all([again.cancel(), strange.cancel()]);
  });

  it("are followed by a sign of life while nothing happens", async () => {
    const quick = openQueue({ hubs: "real", durations: { eventStreamIdleMs: 20 } });
    const stream = await openStream(quick, events);
    await until("two signs", () => (stream.text.match(/^: /gm)?.length ?? 0) >= 2);
    expect(eventsOf(stream).length).toBeGreaterThan(0);
    await stream.cancel();
  });

  it("end with the reader, of whom the agent hears no more", async () => {
    const { queue, agent, owner: watching } = await openBox();
    const box = await joinHub(agent);
    const path = `/api/v1/events?server=${agent.alias}`;
    for (const leave of ["cancel", "abort"] as const) {
      const stream = await openStream(queue, path, { ...watching.auth });
      await until("somebody", () => box.of("watchers").at(-1)?.count === 1);
      await stream[leave]();
      await until(`nobody after ${leave}`, () => box.of("watchers").at(-1)?.count === 0);
    }
  });

  it("end when the hub lets the reader go, which opens them anew", async () => {
    const stream = await openStream(queue, events);
    await until("the server", () => eventsOf(stream).length > 0);
    const { watcherSocketTtlMs } = queue.ctx.settings.durations;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + watcherSocketTtlMs });
    await submitJob(agent, owner);
    await until("the end", () => stream.isOver);
    expect(eventsOf(stream).some(({ type }) => type === "job")).toBe(false);
  });

  it("are not opened for who asks for the head alone: no ticket is spent, and no agent is watched", async () => {
    const { queue, owner, agent } = await openBox();
    const events = `/api/v1/events?server=${agent.alias}`;
    const box = await joinHub(agent);
    await box.next("watchers");
    const json = { server_alias: agent.alias };
    const as = owner.auth;
    const { body } = await queue.call("POST", "/api/v1/events/tickets", { as, json });
    const withTicket = `${events}&ticket=${body.ticket}`;
    for (const [path, as] of [
      [events, owner.auth],
      [withTicket, {}],
    ] as const) {
      const head = await queue.call("HEAD", path, { as });
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(head.headers.get("content-type")).toMatch(/^text\/event-stream/);
    }
    await (await watch(queue, agent.alias, {}, `&ticket=${body.ticket}`)).next("server");
    await until("the watcher", () => box.of("watchers").length === 2);
    expect(box.of("watchers").map(({ count }) => count)).toEqual([0, 1]);
    expect((await queue.call("HEAD", events)).status).toBe(401);
    const nowhere = await queue.call("HEAD", "/api/v1/events?server=nowhere", { as });
    expect(nowhere.status).toBe(404);
  });
});
