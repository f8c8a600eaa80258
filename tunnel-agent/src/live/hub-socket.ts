import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { HUB_PING } from "@mobilesd/contract";
import { Agent, buildConnector, type Dispatcher, WebSocket } from "undici";

/** Milliseconds for the connection alone; the hub's answer has the caller's limit. */
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * Bytes that may wait for a slow line: some previews, which the slowest line takes in less time than a ping behind
 * them may be unanswered. What is sent is a hint, and old by the time it would arrive.
 */
const WAITING_BYTES_MAX = 200_000;
/** What a socket closes with that broke, or that never came up (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;
const NORMAL = 1000;

/** What a socket tells. After `onLost`, which comes once, it tells nothing more. */
export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onText: (text: string) => void;
  /** With the close code of the other end, or 1006; and with the HTTP status of a refusal, or null. */
  readonly onLost: (code: number, status: number | null) => void;
}

/** One WebSocket, from the first try to open it to its end. */
export interface HubSocket {
  /** Whether it is open and its line takes more. */
  isFree(): boolean;
  /** Sends, or drops it where the line takes no more. */
  send(text: string): void;
  /** Sends a ping, however much waits before it. */
  ping(): void;
  /** Takes it for broken: `onLost` is told at once, and the line is torn down. */
  fail(): void;
  /** Ends it without waiting for the other end, which may be gone. Nothing is told after that. */
  drop(): void;
}

type Handler = Dispatcher.DispatchHandler;

/** Passes on what happens to a request, and hears the status of an answer to it: a socket's own error does not say it. */
const hearing = (handler: Handler, onStatus: (status: number) => void): Handler => ({
  onRequestStart: (...told) => handler.onRequestStart?.(...told),
  onRequestUpgrade: (...told) => handler.onRequestUpgrade?.(...told),
  onResponseStart(...told) {
    onStatus(told[1]);
    handler.onResponseStart?.(...told);
  },
  onResponseData: (...told) => handler.onResponseData?.(...told),
  onResponseEnd: (...told) => handler.onResponseEnd?.(...told),
  onResponseError: (...told) => handler.onResponseError?.(...told),
});

/** The way to one socket: its connections, which are torn down with it, and the status of a refusal. */
function openWay() {
  const connections: (Socket | TLSSocket)[] = [];
  let isOver = false;
  let status: number | null = null;
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  const agent = new Agent({
    connect: (options, done) =>
      connect(options, (...made) => {
        const [, connection] = made;
        // A refused connection brings the error alone, whatever the type says.
        if (connection) connections.push(connection);
        if (isOver) connection?.destroy();
        done(...made);
      }),
  });
  const note = (seen: number) => {
    status = seen;
  };
  const end = (how: "destroy" | "destroySoon") => {
    isOver = true;
    for (const connection of connections) connection[how]();
  };
  const dispatcher = agent.compose(
    (dispatch) => (options, handler) => dispatch(options, hearing(handler, note)),
  );
  return { dispatcher, end, status: () => status };
}

/** Opens a socket; one that is not up after `openLimitMs` is lost. */
export function openHubSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
  openLimitMs: number,
  events: SocketEvents,
): HubSocket {
  const { dispatcher, end, status } = openWay();
  let isOver = false;
  const socket = new WebSocket(url.replace(/^http/, "ws"), { dispatcher, headers: { ...headers } });
  const isOpen = () => !isOver && socket.readyState === WebSocket.OPEN;
  const isFree = () => isOpen() && socket.bufferedAmount <= WAITING_BYTES_MAX;
  const close = (how: "destroy" | "destroySoon") => {
    isOver = true;
    clearTimeout(tooLate);
    end(how);
  };
  const lose = (code: number) => {
    if (isOver) return;
    close("destroy");
    events.onLost(code, status());
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
    isFree,
    send(text) {
      if (isFree()) socket.send(text);
    },
    ping() {
      if (isOpen()) socket.send(HUB_PING);
    },
    fail: () => lose(ABNORMAL),
    drop() {
      if (socket.readyState === WebSocket.OPEN) socket.close(NORMAL);
      close("destroySoon");
    },
  };
}
