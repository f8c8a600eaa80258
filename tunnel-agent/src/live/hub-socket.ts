import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Agent, buildConnector, WebSocket } from "undici";

/** Milliseconds for the connection alone; the hub's answer has the caller's limit. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Bytes that may wait for a slow line: what is sent is a hint, and old by the time it would arrive. */
const WAITING_BYTES_MAX = 500_000;
/** What a socket closes with that broke, or that never came up (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;
const NORMAL = 1000;

/** What a socket tells. After `onLost`, which comes once, it tells nothing more. */
export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onText: (text: string) => void;
  /** With the close code of the other end, or 1006. */
  readonly onLost: (code: number) => void;
}

/** One WebSocket, from the first try to open it to its end. */
export interface HubSocket {
  /** Sends, or drops it where the line takes no more. */
  send(text: string): void;
  /** Takes it for broken: `onLost` is told at once, and the line is torn down. */
  fail(): void;
  /** Ends it without waiting for the other end, which may be gone. Nothing is told after that. */
  drop(): void;
}

/** Opens a socket; one that is not up after `openLimitMs` is lost. */
export function openHubSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
  openLimitMs: number,
  events: SocketEvents,
): HubSocket {
  let isOver = false;
  const connections: (Socket | TLSSocket)[] = [];
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  const dispatcher = new Agent({
    connect: (options, done) =>
      connect(options, (...made) => {
        const [, connection] = made;
        // A refused connection brings the error alone, whatever the type says.
        if (connection) connections.push(connection);
        if (isOver) connection?.destroy();
        done(...made);
      }),
  });
  const socket = new WebSocket(url.replace(/^http/, "ws"), { dispatcher, headers: { ...headers } });
  const end = () => {
    isOver = true;
    clearTimeout(tooLate);
  };
  const lose = (code: number) => {
    if (isOver) return;
    end();
    for (const connection of connections) connection.destroy();
    events.onLost(code);
  };
  const tooLate = setTimeout(() => lose(ABNORMAL), openLimitMs);
  socket.addEventListener("open", () => {
    clearTimeout(tooLate);
    if (!isOver) events.onOpen();
  });
  socket.addEventListener("message", ({ data }) => {
    if (!isOver && typeof data === "string") events.onText(data);
  });
  socket.addEventListener("error", () => lose(ABNORMAL));
  socket.addEventListener("close", ({ code }) => lose(code));
  return {
    send(text) {
      const isFree = socket.bufferedAmount <= WAITING_BYTES_MAX;
      if (!isOver && isFree && socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    fail: () => lose(ABNORMAL),
    drop() {
      end();
      if (socket.readyState === WebSocket.OPEN) socket.close(NORMAL);
      for (const connection of connections) connection.destroySoon();
    },
  };
}
