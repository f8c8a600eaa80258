import { type Durations, HUB_CLOSE, HUB_PONG } from "@mobilesd/contract";
import { type HubSocket, openHubSocket } from "./hub-socket.ts";
import { createLineWatch } from "./line-check.ts";
import { failuresAfter, reconnectMs } from "./reconnect.ts";

export interface KeptSocketDeps {
  readonly durations: () => Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** How a socket ended, or a try to open one. */
export interface SocketEnd {
  readonly wasUp: boolean;
  /** A close code: of the hub, or 1006. */
  readonly code: number;
  /** The status of an HTTP answer that was given in place of a socket; null where there was none. */
  readonly status: number | null;
  /** Milliseconds until the next try; null where there is none. */
  readonly retryMs: number | null;
}

export interface KeptSocketEvents {
  readonly onUp: () => void;
  readonly onText: (text: string) => void;
  readonly onDown: (end: SocketEnd) => void;
}

/** One address to which a socket is kept standing. */
export interface KeptSocket {
  isUp(): boolean;
  /** Whether it is up and its line takes more. */
  isFree(): boolean;
  /** Sends, or drops it when the socket is down, or its line takes no more. */
  send(text: string): void;
  /** Tries at once where it waits for its next try. */
  nudge(): void;
  /** Ends it for good. Nothing is told after that. */
  end(): void;
}

/**
 * Keeps a socket standing: opens it, pings it, finds out when its other end is gone, and opens it again at a
 * moment left to chance. It stays down once the hub says that another session took over.
 */
export function keepSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
  deps: KeptSocketDeps,
  events: KeptSocketEvents,
): KeptSocket {
  let socket: HubSocket | null = null;
  let upSince: number | null = null;
  let failures = 0;
  let retrying: NodeJS.Timeout | undefined;
  const line = createLineWatch({
    ...deps,
    ping: () => socket?.ping(),
    onDead: () => socket?.fail(),
  });

  const lose = (code: number, status: number | null) => {
    line.end();
    const durations = deps.durations();
    const wasUp = upSince !== null;
    failures = failuresAfter(failures, upSince === null ? 0 : deps.now() - upSince, durations);
    socket = null;
    upSince = null;
    const isFinal = code === HUB_CLOSE.superseded;
    const retryMs = isFinal ? null : reconnectMs(failures, deps.random(), durations);
    if (retryMs !== null) retrying = setTimeout(connect, retryMs);
    events.onDown({ wasUp, code, status, retryMs });
  };

  const connect = () => {
    clearTimeout(retrying);
    retrying = undefined;
    socket = openHubSocket(url, headers, deps.durations().hubPongLimitMs, {
      onOpen() {
        upSince = deps.now();
        line.begin();
        events.onUp();
      },
      onText(text) {
        line.heard();
        if (text !== HUB_PONG) events.onText(text);
      },
      onLost: lose,
    });
  };

  connect();
  return {
    isUp: () => upSince !== null,
    isFree: () => socket?.isFree() ?? false,
    send: (text) => socket?.send(text),
    nudge() {
      if (retrying !== undefined) connect();
    },
    end() {
      line.end();
      clearTimeout(retrying);
      retrying = undefined;
      socket?.drop();
      socket = null;
      upSince = null;
    },
  };
}
