import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type DelayedLine, delayLine } from "./delayed-line.ts";

/** Which connections are meant: those that became a WebSocket, or every one. */
type Lines = "sockets" | "all";

/**
 * A way to a server of this machine that is as long as one across the world. It works on bytes, so that HTTP and
 * WebSockets pass alike. What it does not lengthen is the opening of a connection.
 */
export interface DelayProxy {
  readonly url: string;
  /** WebSockets that stand now, and those that were asked for altogether, refused ones too. */
  readonly sockets: () => number;
  readonly socketsAsked: () => number;
  /** From now on there and back again takes this long, in milliseconds. */
  setRoundTrip(ms: number): void;
  /**
   * Makes connections that stand half-open for ever: neither end hears of the other again, nor that it has gone.
   * New ones pass.
   */
  loseInSilence(lines: Lines): void;
  /** While it is silent, new connections are taken too, and nothing gets through on any. */
  setSilent(isSilent: boolean): void;
  /** While it refuses, whoever asks for a WebSocket gets this status instead; null lets them pass again. */
  refuseSockets(status: number | null): void;
  /** Breaks connections at once, for both ends to see. */
  cut(lines: Lines): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly lines: readonly DelayedLine[];
  isSocket: boolean;
  isLost: boolean;
}

const ASKS_FOR_SOCKET = /^GET [^\r\n]*\r\n(?:[^\r\n]+\r\n)*upgrade: *websocket\r\n/i;

const isUpgrade = (bytes: Buffer) => ASKS_FOR_SOCKET.test(bytes.toString("latin1"));

function refusal(status: number): string {
  return `HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}

/** Starts a proxy before `target`, an `http://` URL of this machine, with a round trip of so many milliseconds. */
export async function startDelayProxy(target: string, roundTripMs: number): Promise<DelayProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  let roundTrip = roundTripMs;
  let isSilent = false;
  let refusedWith: number | null = null;
  let asked = 0;

  const meant = (lines: Lines) => [...pairs].filter((pair) => lines === "all" || pair.isSocket);
  const lose = (pair: Pair) => {
    pair.isLost = true;
    for (const line of pair.lines) line.mute();
  };
  const close = ({ client, server }: Pair) => {
    client.destroy();
    server.destroy();
  };

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      allowHalfOpen: true,
    });
    // Heard before the line hears it: what is refused must not get through.
    client.on("data", (bytes) => {
      if (pair.isSocket || !isUpgrade(bytes)) return;
      asked += 1;
      if (refusedWith === null) pair.isSocket = true;
      else {
        toServer.mute();
        client.end(refusal(refusedWith));
        server.destroy();
      }
    });
    const half = () => roundTrip / 2;
    const toServer = delayLine(client, server, half);
    const pair: Pair = {
      client,
      server,
      lines: [toServer, delayLine(server, client, half)],
      isSocket: false,
      isLost: false,
    };
    pairs.add(pair);
    if (isSilent) lose(pair);
    for (const [end, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // A reset, or nobody there: the other end sees a closed connection, as behind any proxy.
      end.on("error", () => setTimeout(() => !pair.isLost && other.destroy(), half()));
      end.on("close", () => other.destroyed && pairs.delete(pair));
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    sockets: () => meant("sockets").length,
    socketsAsked: () => asked,
    setRoundTrip: (ms) => {
      roundTrip = ms;
    },
    loseInSilence: (lines) => meant(lines).forEach(lose),
    setSilent: (is) => {
      isSilent = is;
      if (is) meant("all").forEach(lose);
    },
    refuseSockets: (status) => {
      refusedWith = status;
    },
    cut: (lines) => meant(lines).forEach(close),
    stop: () =>
      new Promise((resolve) => {
        for (const pair of pairs) close(pair);
        listener.close(() => resolve());
      }),
  };
}
