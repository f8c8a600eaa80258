import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type DelayProxy, startDelayProxy } from "../support/box/delay-proxy.ts";
import { until } from "../support/box/until.ts";

const ROUND_TRIP_MS = 100;

let proxy: DelayProxy;
/** The far ends of the WebSockets that came through; each says again whatever it hears. */
let far: Socket[];

beforeEach(async () => {
  far = [];
  const server = createServer(async (incoming, response) => {
    for await (const chunk of incoming) response.write(chunk);
    response.end();
  });
  server.on("upgrade", (_request, socket: Socket) => {
    far.push(socket);
    socket.write("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  proxy = await startDelayProxy(`http://127.0.0.1:${port}`, ROUND_TRIP_MS);
  onTestFinished(async () => {
    await proxy.stop();
    server.closeAllConnections();
    server.close();
  });
});

async function post(body: string | Buffer<ArrayBuffer>): Promise<Buffer> {
  const response = await fetch(proxy.url, { method: "POST", body });
  return Buffer.from(await response.arrayBuffer());
}

/** A socket after its upgrade, or the status that refused it. */
function openSocket(): Promise<Socket | number> {
  const headers = { connection: "Upgrade", upgrade: "websocket" };
  const asking = request(proxy.url, { headers });
  asking.end();
  return new Promise((resolve, reject) => {
    asking.on("upgrade", (_response, socket: Socket) => {
      socket.on("error", () => socket.destroy());
      onTestFinished(() => void socket.destroy());
      resolve(socket);
    });
    asking.on("response", (response) => resolve(response.statusCode ?? 0));
    asking.on("error", reject);
  });
}

async function standingSocket(): Promise<Socket> {
  const socket = await openSocket();
  if (typeof socket === "number") throw new Error(`refused with ${socket}`);
  return socket;
}

/** Says something and hears it again. */
async function echo(socket: Socket, words: string): Promise<void> {
  socket.write(words);
  const [heard] = await once(socket, "data");
  expect(String(heard)).toBe(words);
}

describe("a long way", () => {
  it("takes a request and a message of a WebSocket its round trip, neither less nor twice as long", async () => {
    await post("first");
    const socket = await standingSocket();
    for (const say of [() => post("again"), () => echo(socket, "hello")]) {
      const startedAt = performance.now();
      await say();
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThanOrEqual(ROUND_TRIP_MS - 1);
      expect(tookMs).toBeLessThan(2 * ROUND_TRIP_MS);
    }
  });

  it("keeps the order of what is said, and every byte of a large body", async () => {
    const body = Buffer.alloc(5_000_000, "0123456789");
    expect((await post(body)).equals(body)).toBe(true);
  });

  it("closes what the other end closes", async () => {
    const socket = await standingSocket();
    far[0]?.end();
    await once(socket, "end");
  });
});

describe("a bad way", () => {
  it("loses a WebSocket in silence while requests and new ones pass", async () => {
    const socket = await standingSocket();
    await echo(socket, "there");
    proxy.loseInSilence("sockets");
    let heard = 0;
    socket.on("data", () => heard++);
    socket.on("close", () => heard++);
    socket.write("gone");
    far[0]?.write("gone too");
    far[0]?.destroy();
    await echo(await standingSocket(), "the next");
    expect((await post("a request")).toString()).toBe("a request");
    expect(heard).toBe(0);
  });

  it("that is silent takes connections and lets nothing through until it ends", async () => {
    proxy.setSilent(true);
    const waiting = fetch(proxy.url, { signal: AbortSignal.timeout(4 * ROUND_TRIP_MS) });
    await expect(waiting).rejects.toThrow("timeout");
    proxy.setSilent(false);
    expect((await post("again")).toString()).toBe("again");
  });

  it("refuses WebSockets with a status of its own while requests pass", async () => {
    proxy.refuseSockets(403);
    expect(await openSocket()).toBe(403);
    expect((await post("a request")).toString()).toBe("a request");
    expect([proxy.socketsAsked(), proxy.sockets(), far.length]).toEqual([1, 0, 0]);
    proxy.refuseSockets(null);
    await standingSocket();
    expect([proxy.socketsAsked(), proxy.sockets()]).toEqual([2, 1]);
  });

  it("breaks WebSockets for both ends to see", async () => {
    const socket = await standingSocket();
    proxy.cut("sockets");
    await once(socket, "close");
    await until("the far end has seen it", () => far[0]?.destroyed);
    expect(proxy.sockets()).toBe(0);
  });
});
