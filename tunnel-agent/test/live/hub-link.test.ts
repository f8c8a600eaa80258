import { type AgentMessage, DURATIONS, HUB_CLOSE } from "@mobilesd/contract";
import { describe, expect, it, onTestFinished } from "vitest";
import { FAST } from "../../../test/support/box/durations.ts";
import { until } from "../../../test/support/box/until.ts";
import { createHubLink, type HubLink, type HubLinkDeps } from "../../src/live/hub-link.ts";
import { keptLog } from "./kept-log.ts";
import { startSocketServer } from "./socket-server.ts";

const LONG_MS = 20_000;
const never = new AbortController().signal;
const JOB = "6f6d1d3c-58a4-4f4c-9a37-6d9f3b1f7a10";

/** A link, and the server that it was told to open. */
async function startLink(more: Partial<HubLinkDeps> = {}) {
  const server = await startSocketServer();
  const link = createHubLink({
    url: server.url,
    key: "mk_key",
    secret: "ms_secret",
    durations: () => FAST,
    now: () => performance.now(),
    random: () => 0.5,
    log: keptLog(),
    ...more,
  });
  onTestFinished(link.close);
  return { server, link, wait: (ms = LONG_MS) => link.wait(ms, never) };
}

/** The same once its socket stands, and that was told. */
async function connect(more: Partial<HubLinkDeps> = {}) {
  const started = await startLink(more);
  started.link.open("ses_1");
  expect(await started.wait()).toBe("link");
  const [socket] = started.server.sockets;
  if (!socket) throw new Error("no socket");
  return { ...started, socket };
}

const message = (n: number): AgentMessage => ({
  type: "progress",
  mobilesd_job_id: JOB,
  epoch: 1,
  n,
  progress: 1,
  phase: "drawing",
  remaining_ms: null,
});

describe("what the hub says", () => {
  it("comes to an agent that showed its key, its session and its version", async () => {
    const { link, socket } = await connect();
    expect(link.isUp()).toBe(true);
    expect(socket.path).toBe("/api/v1/agent/hub");
    expect(socket.headers).toMatchObject({
      "x-api-key": "mk_key",
      "x-api-secret": "ms_secret",
      "mobilesd-session": "ses_1",
      "mobilesd-wire": "1",
    });
  });

  it("of work ends the wait at once, and the next one when nobody waited", async () => {
    const { wait, socket } = await connect();
    const waiting = wait();
    socket.tell({ type: "work" });
    expect(await waiting).toBe("work");
    socket.tell({ type: "work" });
    socket.tell({ type: "work" });
    socket.tell({ type: "watchers", count: 1 });
    expect(await wait()).toBe("work");
    expect(await wait(50)).toBe("time");
  });

  it("of a cancel is told once for each message, until nobody listens", async () => {
    const { link, wait, socket } = await connect();
    const heard: [string, number][] = [];
    const end = link.onCancel((...one) => heard.push(one));
    socket.tell({ type: "cancel", mobilesd_job_id: JOB, epoch: 7 });
    socket.tell({ type: "work" });
    await wait();
    end();
    socket.tell({ type: "cancel", mobilesd_job_id: JOB, epoch: 8 });
    socket.tell({ type: "work" });
    await wait();
    expect(heard).toEqual([[JOB, 7]]);
  });

  it("of a mode is taken once for each time that it is told, and is not believed without a socket", async () => {
    const { link, wait, socket } = await connect();
    expect(link.takeMode()).toBe(null);
    for (const mode of ["paused", "active"] as const) {
      for (let told = 0; told < 2; told++) {
        socket.tell({ type: "mode", mode });
        expect(await wait()).toBe("orders");
        expect([link.takeMode(), link.takeMode()]).toEqual([mode, null]);
      }
    }
    socket.tell({ type: "mode", mode: "draining" });
    expect(await wait()).toBe("orders");
    socket.close(HUB_CLOSE.expired);
    expect(await wait()).toBe("link");
    expect(link.takeMode()).toBe(null);
  });

  it("of an unload is taken once, with the time of the order", async () => {
    const { link, wait, socket } = await connect();
    const at = "2026-01-01T00:00:00.000Z";
    socket.tell({ type: "unload", at });
    expect(await wait()).toBe("orders");
    expect([link.takeUnload(), link.takeUnload()]).toEqual([at, null]);
  });

  it("of watchers is the last number, and none without a socket", async () => {
    const { link, wait, socket } = await connect();
    const heard: number[] = [];
    link.onWatchers((count) => heard.push(count));
    for (const count of [2, 2, 1]) socket.tell({ type: "watchers", count });
    socket.tell({ type: "work" });
    await wait();
    expect(link.watchers()).toBe(1);
    socket.stream.destroy();
    await wait();
    expect(link.watchers()).toBe(0);
    expect(heard).toEqual([2, 1, 0]);
  });

  it("and is not known is passed over: a newer hub may say more", async () => {
    const { link, wait, socket } = await connect();
    for (const text of ["{", "null", '{"type":"dance"}', '{"type":"cancel"}']) socket.say(text);
    socket.tell({ type: "work" });
    expect(await wait()).toBe("work");
    expect(link.isUp()).toBe(true);
  });
});

describe("a socket that is lost", () => {
  it("is opened again by itself, and both are told", async () => {
    const { link, wait, socket, server } = await connect();
    const before = link.changes();
    socket.stream.destroy();
    expect(await wait()).toBe("link");
    await until("it stands again", () => link.isUp());
    expect(await wait()).toBe("link");
    expect(link.changes()).toBe(before + 2);
    expect(server.sockets).toHaveLength(2);
  });

  it("without a word is found by pings that nobody answers", async () => {
    const { link, wait, server, socket } = await connect();
    await until("a ping was answered", () => socket.pings > 1);
    expect(link.isUp()).toBe(true);
    server.fallSilent();
    const silentAt = performance.now();
    expect(await wait()).toBe("link");
    const foundMs = performance.now() - silentAt;
    const dueMs = FAST.hubPingMs + FAST.hubPongLimitMs;
    expect(foundMs).toBeGreaterThan(FAST.hubPongLimitMs / 2);
    expect(foundMs).toBeLessThan(dueMs + 1_000);
    await until("its line was torn down", () => socket.isClosed);
  });

  it("on its way up, where a proxy swallows the request, is given up and tried again", async () => {
    const { server, link } = await startLink();
    server.become("swallow");
    link.open("ses_1");
    await until("it was tried again", () => server.tries() > 1);
    expect(link.isUp()).toBe(false);
  });

  it.each([401, 403, 409])(
    "by a refusal of this agent (%i) has the queue asked, which says why",
    async (status) => {
      const { server, link, wait } = await startLink();
      server.become({ status });
      link.open("ses_1");
      expect(await wait()).toBe("work");
    },
  );

  it("by a queue in trouble is tried again ever more rarely, which ends no wait", async () => {
    const { server, link, wait } = await startLink({ random: () => 0.999 });
    server.become({ status: 503 });
    link.open("ses_1");
    const times: number[] = [];
    for (let tries = 1; tries <= 4; tries++) {
      await until(`try ${tries}`, () => server.tries() >= tries);
      times.push(performance.now());
    }
    const gaps = times.slice(1).map((at, before) => at - (times[before] ?? 0));
    expect(gaps[2]).toBeGreaterThan(2 * (gaps[0] ?? 0));
    expect(await wait(10)).toBe("time");
  });

  it("where nobody listens at all is tried again", async () => {
    const { server, link } = await startLink();
    await server.stop();
    link.open("ses_1");
    await new Promise((resolve) => setTimeout(resolve, 2 * FAST.reconnectSpreadMs));
    await server.restart();
    await until("it stands", () => link.isUp());
  });

  it("is tried at once when the queue answers again", async () => {
    const slow = { ...FAST, reconnectSpreadMs: 1_000_000, reconnectMaxMs: 1_000_000 };
    const { server, link, wait } = await startLink({ durations: () => slow });
    server.become({ status: 503 });
    link.open("ses_1");
    await until("it was refused", () => server.tries() === 1);
    server.become("open");
    await until("it stands", () => {
      link.nudge();
      return link.isUp();
    });
    expect(await wait()).toBe("link");
  });

  it("drops what it is told meanwhile, and goes on with what comes after", async () => {
    const { link, wait, server } = await startLink();
    link.tell(message(1));
    link.open("ses_1");
    await wait();
    link.tell(message(2));
    await until("it was heard", () => server.sockets[0]?.heard.length === 1);
    expect(JSON.parse(server.sockets[0]?.heard[0] ?? "")).toEqual(message(2));
  });

  it("tells each time that it comes up, until nobody listens", async () => {
    const { link, socket, server } = await connect();
    let ups = 0;
    const end = link.onUp(() => {
      ups += 1;
    });
    socket.stream.destroy();
    await until("it stands again", () => server.sockets.length === 2 && link.isUp());
    expect(ups).toBe(1);
    end();
    server.sockets[1]?.stream.destroy();
    await until("and once more", () => server.sockets.length === 3 && link.isUp());
    expect(ups).toBe(1);
  });
});

/** A preview as large as one may be. */
const large = (index: number): AgentMessage => ({
  type: "preview",
  mobilesd_job_id: JOB,
  epoch: 1,
  n: index + 1,
  index,
  width: 1,
  height: 1,
  webp: "A".repeat(80_000),
});

/** Tells as much as the line takes, and as lies between the two ends of it. Answers how much that was. */
async function fill(link: HubLink): Promise<number> {
  let told = 0;
  await until("it takes no more", async () => {
    for (; link.isFree(); told++) link.tell(large(told));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return !link.isFree();
  });
  return told;
}

describe("a line that takes little", () => {
  it("is told no more than it takes, which can be asked before", async () => {
    const { link, socket } = await connect({ durations: () => DURATIONS });
    expect(link.isFree()).toBe(true);
    socket.stream.pause();
    const told = await fill(link);
    link.tell(message(1));
    socket.stream.resume();
    await until("it is free", () => link.isFree());
    link.tell(message(2));
    await until("it goes on", () => socket.heard.includes(JSON.stringify(message(2))));
    expect(socket.heard).toHaveLength(told + 1);
  });

  it("is not taken for dead while it moves: its pings go out whatever waits", async () => {
    const timing = { ...FAST, hubPingMs: 2_000, hubPongLimitMs: 2_000 };
    const { link, socket } = await connect({ durations: () => timing });
    await until("a ping was answered", () => socket.pings === 1);
    socket.stream.pause();
    await fill(link);
    await new Promise((resolve) => setTimeout(resolve, 1.1 * timing.hubPingMs));
    socket.stream.resume();
    await until("the ping came behind it", () => socket.pings > 2);
    expect(link.changes()).toBe(1);
  });
});

describe("a session", () => {
  it.each([
    ["a word", true],
    ["the close alone", false],
  ])("that a newer one took over ends for good, told by %s", async (_how, isSaid) => {
    const { link, server, socket } = await connect();
    if (isSaid) socket.tell({ type: "superseded" });
    socket.close(HUB_CLOSE.superseded);
    await until("it is down", () => !link.isUp());
    expect(link.superseded.aborted).toBe(true);
    link.nudge();
    await new Promise((resolve) => setTimeout(resolve, 2 * FAST.reconnectSpreadMs));
    expect(server.tries()).toBe(1);
  });

  it("of the same agent that follows another closes the other's socket and hears no more of it", async () => {
    const { link, server, wait, socket } = await connect();
    link.open("ses_2");
    socket.tell({ type: "superseded" });
    await until("the new one stands", () => link.isUp() && socket.isClosed);
    expect(server.sockets[1]?.headers["mobilesd-session"]).toBe("ses_2");
    expect(link.superseded.aborted).toBe(false);
    expect(await wait()).toBe("link");
  });

  it("that is closed leaves nothing behind that would open it again", async () => {
    const { link, server, socket } = await connect();
    link.close();
    await until("its socket is closed", () => socket.isClosed);
    await new Promise((resolve) => setTimeout(resolve, 3 * FAST.reconnectSpreadMs));
    expect(server.tries()).toBe(1);
    expect(link.isUp()).toBe(false);
  });
});
