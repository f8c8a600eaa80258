import { afterEach, describe, expect, it, vi } from "vitest";
import { UNKNOWN_LOOK, type WatcherMember } from "../../src/domain/hub.ts";
import type { HubNamespace } from "../../src/env.ts";
import { hubsOf } from "../../src/hubs.ts";
import { until } from "../support/workerd/live-socket.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

const { durations } = openQueue().ctx.settings;

const WATCHER: WatcherMember = {
  role: "watcher",
  ownerId: null,
  origin: "http://queue.test",
  since: null,
  until: 0,
  ticket: null,
};

/** Hubs that answer as `call` does, and what is logged of them. */
function hubsThat(call: () => Promise<never>) {
  const lines: string[] = [];
  let stubs = 0;
  const namespace: HubNamespace = {
    idFromName: (name) => ({ name }) as unknown as DurableObjectId,
    get: () => {
      stubs += 1;
      return { tell: call, look: call, fetch: call };
    },
  };
  const hubs = hubsOf(namespace, durations, (event) => void lines.push(event));
  return { hubs, lines, stubs: () => stubs };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a hub that fails", () => {
  const broken = () => Promise.reject(new Error("reset because its code was updated"));

  it("knows nothing of its server, and is asked anew the next time", async () => {
    const { hubs, lines, stubs } = hubsThat(broken);
    expect(await hubs.look("box")).toEqual(UNKNOWN_LOOK);
    expect(await hubs.look("box")).toEqual(UNKNOWN_LOOK);
    expect([lines, stubs()]).toEqual([["hub_out_of_reach", "hub_out_of_reach"], 2]);
  });

  it("opens no socket, and whoever tells it something learns that it was in vain", async () => {
    const { hubs, lines } = hubsThat(broken);
    expect(await hubs.join("box", WATCHER)).toBe("unavailable");
    await expect(hubs.tell("box", {})).rejects.toThrow("reset");
    expect(lines).toHaveLength(2);
  });
});

describe("a hub that never answers", () => {
  const silent = () => new Promise<never>(() => {});

  it("holds up nobody who wants to listen, and a socket that comes too late is closed", async () => {
    vi.useFakeTimers();
    const { 0: client, 1: server } = new WebSocketPair();
    const ended: number[] = [];
    server.accept();
    server.addEventListener("close", ({ code }) => void ended.push(code));
    const late = Promise.withResolvers<never>();
    const { hubs, lines } = hubsThat(() => late.promise);
    const joining = hubs.join("box", WATCHER);
    await vi.advanceTimersByTimeAsync(durations.hubAnswerLimitMs);
    expect(await joining).toBe("unavailable");
    expect(lines).toEqual(["hub_out_of_reach"]);
    vi.useRealTimers();
    late.resolve(new Response(null, { status: 101, webSocket: client }) as never);
    await until("its end", () => ended.length > 0);
  });

  it("holds up a status no longer than its time, and a verb neither", async () => {
    vi.useFakeTimers();
    const { hubs, lines } = hubsThat(silent);
    const look = hubs.look("box");
    const told = expect(hubs.tell("box", {})).rejects.toThrow("no answer");
    await vi.advanceTimersByTimeAsync(durations.hubAnswerLimitMs);
    expect(await look).toEqual(UNKNOWN_LOOK);
    await told;
    expect(lines).toEqual(["hub_out_of_reach", "hub_out_of_reach"]);
  });
});
