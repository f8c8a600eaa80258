import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { HUB_PING, HUB_PONG, type HubMessage } from "@mobilesd/contract";
import { onTestFinished } from "vitest";
import { closeFrame, takeFrames, textFrame } from "./socket-frames.ts";

/** One socket that a client opened. */
export interface ServedSocket {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** What the client sent, pings left out. */
  readonly heard: string[];
  readonly stream: Duplex;
  isClosed: boolean;
  pings: number;
  tell(message: HubMessage): void;
  say(text: string): void;
  close(code: number): void;
}

/** How the server treats whoever wants a socket. `swallow`: takes the request and never answers. */
type Manner = "open" | "swallow" | { readonly status: number };

export interface SocketServer {
  readonly url: string;
  readonly sockets: readonly ServedSocket[];
  /** How many asked for a socket. */
  tries(): number;
  /** How those who come from now on are treated. */
  become(manner: Manner): void;
  /** From now on pings are not answered: to the client as if the line were cut. */
  fallSilent(): void;
  /** Frees the port, with everything that goes on there. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  restart(): Promise<void>;
}

/** What is put behind a client's key to prove that its words were understood (RFC 6455, 1.3). */
const PROOF = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function accept(request: IncomingMessage, stream: Duplex): void {
  const key = request.headers["sec-websocket-key"] ?? "";
  const proof = createHash("sha1")
    .update(key + PROOF)
    .digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  stream.write(`${[...head, `Sec-WebSocket-Accept: ${proof}`].join("\r\n")}\r\n\r\n`);
}

function serve(request: IncomingMessage, stream: Duplex, isSilent: () => boolean): ServedSocket {
  const say = (text: string) => void stream.write(textFrame(text));
  const socket: ServedSocket = {
    path: request.url,
    headers: request.headers,
    heard: [],
    stream,
    isClosed: false,
    pings: 0,
    say,
    tell: (message) => say(JSON.stringify(message)),
    close: (code) => void stream.end(closeFrame(code)),
  };
  let rest: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    const taken = takeFrames(Buffer.concat([rest, chunk]));
    rest = taken.rest;
    for (const { isClose, text } of taken.frames) {
      if (isClose) stream.end();
      else if (text !== HUB_PING) socket.heard.push(text);
      else socket.pings += 1;
      if (text === HUB_PING && !isSilent()) say(HUB_PONG);
    }
  });
  stream.on("end", () => stream.end());
  stream.on("error", () => stream.destroy());
  stream.on("close", () => {
    socket.isClosed = true;
  });
  return socket;
}

/** A server of WebSockets on this machine, which ends with the test; plain requests are `onRequest`'s. */
export async function startSocketServer(onRequest?: RequestListener): Promise<SocketServer> {
  const sockets: ServedSocket[] = [];
  const streams = new Set<Duplex>();
  let manner: Manner = "open";
  let isSilent = false;
  let tries = 0;
  const server = createServer(onRequest ?? ((_, response) => void response.end()));
  server.on("upgrade", (request, stream) => {
    tries += 1;
    streams.add(stream);
    if (manner === "swallow") return;
    if (typeof manner === "object") {
      stream.end(`HTTP/1.1 ${manner.status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    accept(request, stream);
    sockets.push(serve(request, stream, () => isSilent));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = () => {
    for (const stream of streams) stream.destroy();
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  await listen(0);
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    tries: () => tries,
    become(next) {
      manner = next;
    },
    fallSilent() {
      isSilent = true;
    },
    stop,
    restart: () => listen(port),
  };
}
