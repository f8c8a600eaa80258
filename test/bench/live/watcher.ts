import { DURATIONS, HUB_PING, HUB_PONG, type LiveEvent, type NewKey } from "@mobilesd/contract";
import { WebSocket } from "undici";
import { ALIAS } from "../../support/box/queue.ts";
import { authOf } from "../bench-queue.ts";
import { epochMs } from "./epoch.ts";

const LIMIT_MS = 60_000;

/** An event and when its last byte had come. */
export interface Heard {
  readonly at: number;
  readonly event: LiveEvent;
}

/** Somebody who watches the server, from the first event on. */
export interface Watcher {
  readonly heard: readonly Heard[];
  /** The first event like this, heard already or to come. Throws with `what` when none comes. */
  first(what: string, isIt: (event: LiveEvent) => boolean): Promise<Heard>;
  close(): void;
}

/** Opens the events of the server, as a program with a key does. */
export async function watch(url: string, key: NewKey): Promise<Watcher> {
  const address = `${url.replace(/^http/, "ws")}/api/v1/events?server=${ALIAS}`;
  const socket = new WebSocket(address, { headers: authOf(key) });
  const heard: Heard[] = [];
  const waiting = new Set<(one: Heard) => void>();
  const pings = setInterval(() => socket.send(HUB_PING), DURATIONS.watcherPingMs).unref();
  socket.addEventListener("close", () => clearInterval(pings));
  socket.addEventListener("message", ({ data }) => {
    const at = epochMs();
    if (data === HUB_PONG) return;
    const one = { at, event: JSON.parse(String(data)) as LiveEvent };
    heard.push(one);
    for (const look of waiting) look(one);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", ({ message }) => reject(new Error(`No socket: ${message}`)));
  });
  return {
    heard,
    first(what, isIt) {
      const known = heard.find(({ event }) => isIt(event));
      if (known) return Promise.resolve(known);
      const { promise, resolve, reject } = Promise.withResolvers<Heard>();
      const look = (one: Heard) => void (isIt(one.event) && resolve(one));
      const late = setTimeout(() => reject(new Error(`No event tells ${what}`)), LIMIT_MS);
      waiting.add(look);
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(look);
      });
    },
    close: () => socket.close(),
  };
}
