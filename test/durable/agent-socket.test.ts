import { runInDurableObject } from "cloudflare:test";
import { DURATIONS, HUB_CLOSE, HUB_PING, type HubMessage, LIMITS } from "@mobilesd/contract";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  hubOf,
  joinHub,
  openBox,
  previewOf,
  progressOf,
  runJob,
  submitJob,
  until,
  watch,
} from "../support/workerd/live-socket.ts";
import type { TestAgent } from "../support/workerd/new-agent.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Moves the time of day, as the hub reads it. */
function passTime(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

const tell = ({ queue, alias }: TestAgent, ...toAgent: HubMessage[]) =>
  queue.ctx.hubs.tell(alias, { toAgent });
const look = ({ queue, alias }: TestAgent) => queue.ctx.hubs.look(alias);

describe("an agent that is connected", () => {
  it("is told how it is to behave, and how many watch whenever the first comes or the last goes", async () => {
    const { queue, owner, agent } = await openBox();
    const socket = await joinHub(agent);
    expect(await socket.next("mode")).toEqual({ type: "mode", mode: "active" });
    expect(await socket.next("watchers")).toEqual({ type: "watchers", count: 0 });
    const first = await watch(queue, agent.alias, owner.auth);
    const second = await watch(queue, agent.alias, owner.auth);
    await socket.next("watchers", ({ count }) => count === 1);
    first.close();
    expect(await first.ended()).toBe(1000);
    second.close();
    await until("the last one going", () => socket.of("watchers").length === 3);
    expect(socket.of("watchers").map(({ count }) => count)).toEqual([0, 1, 0]);
    const again = await joinHub(agent);
    expect(await again.next("watchers")).toEqual({ type: "watchers", count: 0 });
  });

  it("hears every word that is meant for it, in order, and the verb learns that it did", async () => {
    const { agent } = await openBox();
    expect(await tell(agent, { type: "work" })).toEqual({ isAgentThere: false });
    const socket = await joinHub(agent);
    const words: HubMessage[] = [
      { type: "work" },
      { type: "cancel", mobilesd_job_id: "3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11", epoch: 3 },
      { type: "unload", at: "2026-11-02T12:00:00.000Z" },
    ];
    expect(await tell(agent, ...words)).toEqual({ isAgentThere: true });
    await socket.next("unload");
    expect(socket.heard.slice(-3)).toEqual(words);
  });

  it("hears of an order as the row has it, however old the word of it is", async () => {
    const { queue, agent } = await openBox();
    const socket = await joinHub(agent);
    const setMode = (mode: string) =>
      queue.ctx.db.$client
        .prepare("UPDATE servers SET mode = ? WHERE alias = ?")
        .bind(mode, agent.alias)
        .run();
    await setMode("paused");
    const join = joinHub(agent);
    await setMode("active");
    const resumed = queue.ctx.hubs.tell(agent.alias, { hasOrders: true });
    const [joined] = await Promise.all([join, resumed]);
    await until("the mode", () => joined.of("mode").at(-1)?.mode === "active");
    // Orders whose words were lost are in every ring, and in what a new session's hello sets off.
    await setMode("paused");
    await queue.ctx.hubs.tell(agent.alias, { toAgent: [{ type: "work" }], hasOrders: true });
    await until("the ring's", () => joined.of("mode").at(-1)?.mode === "paused");
    await setMode("active");
    await queue.ctx.hubs.tell(agent.alias, { sessionId: agent.session });
    await until("the hello's", () => joined.of("mode").at(-1)?.mode === "active");
    expect(socket.closed).toBe(HUB_CLOSE.replaced);
  });

  it("connects anew after its time, so that a revoked key's socket ends", async () => {
    const { agent, queue } = await openBox();
    const socket = await joinHub(agent);
    passTime(queue.ctx.settings.durations.watcherSocketTtlMs * 0.9 - 1_000);
    socket.send({ type: "box", forge: "ready", free_vram_bytes: 5, loaded_checkpoint: null });
    await until("what it said", () =>
      runInDurableObject(hubOf(agent), (_, state) => {
        const [end] = state.getWebSockets("agent");
        return end?.deserializeAttachment().heardAt === Date.now();
      }),
    );
    await tell(agent, { type: "work" });
    await socket.next("work");
    expect(socket.closed).toBe(null);
    passTime(queue.ctx.settings.durations.watcherSocketTtlMs * 0.1 + 2_000);
    await tell(agent, { type: "work" });
    expect(await socket.ended()).toBe(HUB_CLOSE.expired);
  });

  it("is told of a mode, and after a new connection as well", async () => {
    const { queue, agent, owner } = await openBox();
    const socket = await joinHub(agent);
    const watcher = await watch(queue, agent.alias, owner.auth);
    await queue.ctx.db.$client
      .prepare("UPDATE servers SET mode = 'paused' WHERE alias = ?")
      .bind(agent.alias)
      .run();
    await queue.ctx.hubs.tell(agent.alias, { hasOrders: true });
    await socket.next("mode", ({ mode }) => mode === "paused");
    await watcher.next("server", ({ mode, is_present }) => mode === "paused" && is_present);
    expect(await (await joinHub(agent)).next("mode")).toEqual({ type: "mode", mode: "paused" });
  });

  it("is rung by a job that is queued, and hears of a cancel", async () => {
    const { queue, owner, agent } = await openBox();
    const socket = await joinHub(agent);
    const id = await submitJob(agent, owner);
    await socket.next("work");
    const { epoch } = await runJob(agent);
    await queue.call("POST", `/api/v1/queue/jobs/${id}/cancel`, { as: owner.auth });
    await queue.settle();
    expect(await socket.next("cancel")).toEqual({ type: "cancel", mobilesd_job_id: id, epoch });
  });
});

describe("of two sockets of a server", () => {
  it("the newer of one session stays", async () => {
    const { agent } = await openBox();
    const first = await joinHub(agent);
    const second = await joinHub(agent);
    expect(await first.ended()).toBe(HUB_CLOSE.replaced);
    expect(first.of("superseded")).toEqual([]);
    await tell(agent, { type: "work" });
    await second.next("work");
  });

  it("that of the newer session stays, told by its hello", async () => {
    const { queue, agent } = await openBox();
    const old = await joinHub(agent);
    await agent.hello();
    await queue.settle();
    await old.next("superseded");
    expect(await old.ended()).toBe(HUB_CLOSE.superseded);
  });

  it("that of the session stays that the rows name, though word of an earlier one comes late", async () => {
    const { queue, agent } = await openBox();
    const { session } = agent;
    await agent.hello();
    await queue.settle();
    const current = await joinHub(agent);
    await queue.ctx.hubs.tell(agent.alias, { sessionId: session });
    await tell(agent, { type: "work" });
    await current.next("work");
    expect(current.closed).toBe(null);
  });

  it("none is opened for a session that is over, or none at all", async () => {
    const { queue, agent } = await openBox();
    const join = () =>
      queue.call("GET", "/api/v1/agent/hub", { as: agent.headers, headers: UPGRADE });
    const old = agent.session;
    await agent.hello();
    agent.session = old;
    expect((await join()).body).toMatchObject({ code: "session_superseded", status: 409 });
    const silent = { ...agent.headers };
    delete silent["MobileSD-Session"];
    const answer = await queue.call("GET", "/api/v1/agent/hub", { as: silent, headers: UPGRADE });
    expect(answer.body).toMatchObject({ code: "session_unknown", status: 409 });
  });
});

const UPGRADE = { Upgrade: "websocket" };

describe("a socket whose other end is gone unseen", () => {
  it("is nobody's after the silence of two pings", async () => {
    const { agent } = await openBox();
    await joinHub(agent);
    passTime(DURATIONS.agentSilentAfterMs - 1_000);
    expect(await tell(agent)).toEqual({ isAgentThere: true });
    passTime(2_000);
    expect(await tell(agent)).toEqual({ isAgentThere: false });
    expect((await look(agent)).isAgentThere).toBe(false);
  });

  it("lives as long as the platform answers its pings, or it says something", async () => {
    const { agent } = await openBox();
    const socket = await joinHub(agent);
    socket.sendRaw(HUB_PING);
    await until("the pong", () => socket.pongs === 1);
    passTime(DURATIONS.agentSilentAfterMs - 1_000);
    expect((await look(agent)).isAgentThere).toBe(true);
    socket.send({ type: "box", forge: "ready", free_vram_bytes: 5, loaded_checkpoint: null });
    await until("what it said", async () => (await look(agent)).box?.forge === "ready");
    passTime(2_000);
    expect((await look(agent)).isAgentThere).toBe(true);
  });
});

describe("what an agent of another version tells", () => {
  it("is heard as far as it is known, and the rest passed over and logged once", async () => {
    const { agent } = await openBox();
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const socket = await joinHub(agent);
    const box = { type: "box", forge: "ready", free_vram_bytes: 5, loaded_checkpoint: null };
    socket.sendRaw('{"type":"hello"}');
    socket.sendRaw('{"type":"box","forge":"dreaming"}');
    socket.sendRaw("7");
    socket.sendRaw(JSON.stringify({ ...box, temperature: 60 }));
    await until("what it said", async () => (await look(agent)).box?.freeVramBytes === 5);
    expect(socket.closed).toBe(null);
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    const told = lines.filter(({ event }) => event.startsWith("socket_message"));
    expect(told).toEqual([
      { event: "socket_message_unknown", server_alias: agent.alias, role: "agent", characters: 16 },
    ]);
  });
});

describe("what an agent tells", () => {
  it("is what a look at its server shows, and goes on where it was after a new connection", async () => {
    const { agent, owner } = await openBox();
    const socket = await joinHub(agent);
    expect(await look(agent)).toEqual({ isAgentThere: true, box: null, runs: [] });
    await submitJob(agent, owner);
    const lease = await runJob(agent);
    const box = { forge: "working", free_vram_bytes: 8e9, loaded_checkpoint: "a" } as const;
    socket.send({ type: "box", ...box });
    socket.send(progressOf(lease, 1, 40));
    socket.send(progressOf(lease, 2, 30));
    socket.send(previewOf(lease, 3));
    const run = { jobId: lease.mobilesd_job_id, epoch: lease.epoch, n: 3, progress: 40 };
    await until("its preview", async () => (await look(agent)).runs[0]?.n === 3);
    const known = {
      isAgentThere: true,
      box: { forge: "working", freeVramBytes: 8e9, loadedCheckpoint: "a" },
      runs: [expect.objectContaining({ ...run, phase: "drawing", endsAt: expect.any(Number) })],
    };
    expect(await look(agent)).toEqual(known);
    socket.close();
    await socket.ended();
    expect(await look(agent)).toMatchObject({ isAgentThere: false, box: null, runs: known.runs });
    await joinHub(agent);
    expect(await look(agent)).toEqual(known);
    await agent.release(lease);
    await agent.queue.settle();
    expect((await look(agent)).runs).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["too long a text", `{"type":"${"x".repeat(LIMITS.socketMessageCharsMax)}"}`],
    ["bytes", new ArrayBuffer(3)],
  ])("ends its socket when it is %s, which is logged without what it said", async (_, data) => {
    const { agent } = await openBox();
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const socket = await joinHub(agent);
    socket.sendRaw(data);
    expect(await socket.ended()).toBe(HUB_CLOSE.unreadable);
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    const told = lines.filter(({ event }) => event === "socket_message_unreadable");
    expect(told).toEqual([
      {
        event: "socket_message_unreadable",
        server_alias: agent.alias,
        role: "agent",
        characters: typeof data === "string" ? data.length : data.byteLength,
      },
    ]);
  });
});
