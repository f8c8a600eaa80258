import { DURATIONS, HUB_PING, HUB_PONG } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { streamEvents } from "../../src/http/stream-events.ts";
import { until } from "../support/workerd/live-socket.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

/** A stream over a socket, and the end of it on which the hub speaks. */
function openStream(random = 0, watcherPingMs = 60_000) {
  const { 0: watcher, 1: hub } = new WebSocketPair();
  hub.accept();
  const ended: number[] = [];
  hub.addEventListener("close", ({ code }) => void ended.push(code));
  const heard: string[] = [];
  hub.addEventListener("message", ({ data }) => void heard.push(String(data)));
  const durations = { ...DURATIONS, eventStreamIdleMs: 60_000, watcherPingMs };
  const ctx = { settings: { ...openQueue().ctx.settings, durations }, random: () => random };
  const response = streamEvents(watcher, ctx, new AbortController().signal);
  return { hub, ended, heard, response };
}

it("lets go of a reader that does not keep up, which has what came before and can resume behind it", async () => {
  const { hub, ended, response } = openStream();
  const event = (n: number) => JSON.stringify({ id: `life.${n}`, type: "x".repeat(50_000) });
  for (let n = 1; n <= 40; n++) hub.send(event(n));
  await until("the end", () => ended.length > 0);
  const ids = [...(await response.text()).matchAll(/^id: life\.(\d+)$/gm)].map(([, n]) =>
    Number(n),
  );
  expect(ids.length).toBeGreaterThan(10);
  expect(ids.length).toBeLessThan(40);
  expect(ids).toEqual(ids.map((_, at) => at + 1));
});

it("frames each event with its id, and puts no line of a prompt outside of it", async () => {
  const { hub, response } = openStream();
  const event = JSON.stringify({
    id: "life.1",
    type: "job",
    prompt: 'a\n\nid: evil\ndata: {"id":"b"',
  });
  hub.send(event);
  hub.send('{"type":"no id"}');
  hub.close(1000);
  const text = await response.text();
  expect(text).toMatch(/^retry: \d+\n\n/);
  expect(text.slice(text.indexOf("\n\n") + 2)).toBe(
    `id: life.1\ndata: ${event}\n\ndata: {"type":"no id"}\n\n`,
  );
});

it("shows the hub that somebody reads, and hands no answer of it on", async () => {
  const { hub, heard, response } = openStream(0, 5);
  await until("two pings", () => heard.length >= 2);
  hub.send(HUB_PONG);
  hub.close(1000);
  expect(new Set(heard)).toEqual(new Set([HUB_PING]));
  expect(await response.text()).not.toContain("data:");
});

it("has its readers come back at moments left to chance: all lose their streams together", async () => {
  const retryOf = async (random: number) => {
    const { hub, response } = openStream(random);
    hub.close(1000);
    return Number(/^retry: (\d+)$/m.exec(await response.text())?.[1]);
  };
  expect(await retryOf(0.75)).toBeGreaterThan(await retryOf(0.25));
});
