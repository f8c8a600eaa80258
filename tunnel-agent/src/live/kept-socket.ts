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

/** Decides when a socket is opened again: ever later, until one was a good one. */
function createRetry({ durations, now, random }: KeptSocketDeps, connect: () => void) {
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    /** Answers in how many milliseconds, after one that stood since `upSince`; null where it never did. */
    plan(upSince: number | null): number {
      failures = failuresAfter(failures, upSince === null ? 0 : now() - upSince, durations());
      const ms = reconnectMs(failures, random(), durations());
      timer = setTimeout(connect, ms);
      return ms;
    },
    isPlanned: () => timer !== undefined,
    stop,
  };
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
  const line = createLineWatch({
    ...deps,
    ping: () => socket?.ping(),
    onDead: () => socket?.fail(),
  });

  const lose = (code: number, status: number | null) => {
    line.end();
    const stoodSince = upSince;
    socket = null;
    upSince = null;
    const retryMs = code === HUB_CLOSE.superseded ? null : retry.plan(stoodSince);
    events.onDown({ wasUp: stoodSince !== null, code, status, retryMs });
  };

  const connect = () => {
    retry.stop();
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
  const retry = createRetry(deps, connect);

  connect();
  return {
    isUp: () => upSince !== null,
    isFree: () => socket?.isFree() ?? false,
    send: (text) => socket?.send(text),
    nudge() {
      if (retry.isPlanned()) connect();
    },
    end() {
      line.end();
      retry.stop();
      socket?.drop();
      socket = null;
      upSince = null;
    },
  };
}
