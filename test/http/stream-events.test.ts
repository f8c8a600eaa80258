import { expect, it } from "vitest";
import { streamEvents } from "../../src/http/stream-events.ts";
import { until } from "../support/workerd/live-socket.ts";

/** A stream over a socket, and the end of it on which the hub speaks. */
function openStream() {
  const { 0: watcher, 1: hub } = new WebSocketPair();
  hub.accept();
  const ended: number[] = [];
  hub.addEventListener("close", ({ code }) => void ended.push(code));
  const response = streamEvents(watcher, 60_000, new AbortController().signal);
  return { hub, ended, response };
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
