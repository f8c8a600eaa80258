import { DURATIONS, HUB_CLOSE, HUB_PING, HUB_PONG, LiveEvent } from "@mobilesd/contract";
import { failuresAfter, type Line, reconnectAfterMs } from "./reconnect.ts";

/** One server's events for as long as it is wanted; it opens again by itself. */
export interface LiveSocket {
  isUp(): boolean;
  /** The queue is in reach again: worth a try at once. */
  nudge(): void;
  close(): void;
}

export interface LiveHearer {
  event(event: LiveEvent): void;
  /** The socket stands. */
  up(): void;
  /** It stood and is lost, or was not to be had. `isExpected`: the hub wants it opened anew. */
  down(why: {
    readonly wasUp: boolean;
    readonly isExpected: boolean;
    /** Milliseconds since it was last heard, where it ended by silence; else 0. */
    readonly silentMs: number;
  }): void;
}

/** Milliseconds after which a socket that neither opens nor fails is given up. */
const OPEN_TIMEOUT_MS = 15_000;
/** Milliseconds of silence behind an event after which it is asked whether the line still stands, and for the answer. */
const SILENCE_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;

function addressOf(alias: string, since: string | null): string {
  const query = new URLSearchParams({ server: alias, ...(since === null ? {} : { since }) });
  return `${location.origin.replace(/^http/, "ws")}/api/v1/events?${query}`;
}

/** An event, or null where the text is none that this page knows. */
function readEvent(text: unknown): LiveEvent | null {
  if (typeof text !== "string" || text === HUB_PONG) return null;
  try {
    return LiveEvent.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Opens a socket and calls `onEnd` once when it is over, by whatever end: closed, silent for too long, or never
 * open. Answers what ends it without a call.
 */
function openSocket(
  address: string,
  hear: { text(text: unknown): void; open(): void },
  onEnd: (code: number, stoodMs: number, silentMs: number) => void,
): () => void {
  const socket = new WebSocket(address);
  const listening = new AbortController();
  const { signal } = listening;
  let openedAt: number | null = null;
  let heardAt = performance.now();
  let timer = setTimeout(() => end(0), OPEN_TIMEOUT_MS);

  function leave(): void {
    listening.abort();
    clearTimeout(timer);
    socket.close();
  }
  function end(code: number): void {
    leave();
    const now = performance.now();
    onEnd(code, openedAt === null ? 0 : now - openedAt, code === 0 ? now - heardAt : 0);
  }
  /** A dead line is not told by anybody: what does not answer is taken for one. */
  function ping(): void {
    socket.send(HUB_PING);
    timer = setTimeout(() => end(0), ANSWER_WITHIN_MS);
  }
  const onOpen = () => {
    openedAt = performance.now();
    heardAt = openedAt;
    clearTimeout(timer);
    timer = setTimeout(ping, DURATIONS.hubPingMs);
    hear.open();
  };
  const onText = ({ data }: MessageEvent<unknown>) => {
    heardAt = performance.now();
    clearTimeout(timer);
    timer = setTimeout(ping, data === HUB_PONG ? DURATIONS.hubPingMs : SILENCE_MS);
    hear.text(data);
  };
  socket.addEventListener("open", onOpen, { signal });
  socket.addEventListener("message", onText, { signal });
  socket.addEventListener("close", ({ code }) => end(code), { signal });
  return leave;
}

/** Listens to one server, resuming behind the event `since`. What it heard last is told to `onSince`. */
export function liveSocket(
  alias: string,
  since: string | null,
  hear: LiveHearer,
  onSince: (id: string) => void,
): LiveSocket {
  let last = since;
  let line: Line = { stoodMs: 0, failures: 0 };
  let isUp = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | null = null;

  const onText = (text: unknown) => {
    const event = readEvent(text);
    if (event === null) return;
    last = event.id;
    onSince(last);
    hear.event(event);
  };
  const onEnd = (code: number, stoodMs: number, silentMs: number) => {
    const wasUp = isUp;
    isUp = false;
    leave = null;
    const ended = { stoodMs, failures: line.failures };
    timer = setTimeout(open, reconnectAfterMs(ended, Math.random()));
    line = { stoodMs, failures: failuresAfter(ended) };
    hear.down({ wasUp, isExpected: code === HUB_CLOSE.expired, silentMs });
  };
  function open(): void {
    timer = undefined;
    const onOpen = () => {
      isUp = true;
      hear.up();
    };
    leave = openSocket(addressOf(alias, last), { text: onText, open: onOpen }, onEnd);
  }
  open();
  return {
    isUp: () => isUp,
    nudge() {
      if (timer === undefined) return;
      clearTimeout(timer);
      open();
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      leave?.();
    },
  };
}
