import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** What the proxy does to one request that it picks. */
export type Fault =
  /** Passes the request on, and breaks the connection instead of the answer. */
  | "lose_answer"
  /** Sends the first half of the answer, then breaks the connection. */
  | "cut_answer"
  /** Answers by itself with a page and status 200, as a hotel's network does. */
  | "login_page"
  /** Takes the request and never answers. */
  | "swallow"
  /** Breaks the connection before the request is passed on, as when nobody is there. */
  | "break"
  /** Passes the request on this much later. */
  | { readonly delayMs: number }
  /** Passes the request on once this has settled. */
  | { readonly after: Promise<unknown> }
  /** Answers by itself with a problem of this status. */
  | { readonly status: number; readonly code: string; readonly retryAfter?: string };

export interface FaultyProxy {
  readonly url: string;
  /** The paths that came through, in order. */
  readonly seen: readonly string[];
  /** Does this to the next request whose path ends so. */
  once(pathEnd: string, fault: Fault): void;
  /** Does this to every request from now on; null ends it. */
  every(fault: Fault | null): void;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answerProblem(
  response: ServerResponse,
  { status, code, retryAfter }: Extract<Fault, { status: number }>,
): void {
  const problem = { type: `urn:mobilesd:${code}`, title: code, status, code };
  response.writeHead(status, {
    "content-type": "application/problem+json",
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
  });
  response.end(JSON.stringify(problem));
}

/** Passes a WebSocket on as it is. Answers both of its ends. */
function passSocket(target: string, request: IncomingMessage, near: Duplex, head: Buffer) {
  const { hostname, port } = new URL(target);
  const far = connect(Number(port), hostname, () => {
    const { method, url, rawHeaders } = request;
    const lines = rawHeaders.map((word, at) => (at % 2 === 0 ? `${word}: ` : `${word}\r\n`));
    far.write(`${method} ${url} HTTP/1.1\r\n${lines.join("")}\r\n`);
    far.write(head);
    near.pipe(far).pipe(near);
  });
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  return [near, far];
}

/**
 * A proxy between an agent or an extension and its queue that can be told to fail. WebSockets get through as they are
 * where that is wanted; else there are none, and an agent behind it polls.
 */
export async function startFaultyProxy(
  target: string,
  { passesSockets = false } = {},
): Promise<FaultyProxy> {
  const faults: { pathEnd: string; fault: Fault }[] = [];
  const seen: string[] = [];
  const sockets: Duplex[] = [];
  let toEvery: Fault | null = null;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    seen.push(path);
    const at = faults.findIndex(({ pathEnd }) => path.endsWith(pathEnd));
    const fault = at < 0 ? toEvery : faults.splice(at, 1)[0]?.fault;
    if (fault === "break") return void response.destroy();
    const body = await bodyOf(request);
    if (fault === "swallow") return;
    if (fault === "login_page") {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
      return;
    }
    if (typeof fault === "object" && fault !== null) {
      if ("status" in fault) return answerProblem(response, fault);
      if ("after" in fault) await fault.after;
      else await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    }
    const { host: _, connection: __, "transfer-encoding": ___, ...headers } = request.headers;
    const answer = await fetch(target + path, {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (fault === "lose_answer") return void response.destroy();
    const kept = ["content-type", "retry-after"].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    response.writeHead(answer.status, {
      ...Object.fromEntries(kept),
      ...(answer.status === 204 ? {} : { "content-length": String(bytes.length) }),
    });
    if (fault === "cut_answer") {
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    } else {
      response.end(bytes);
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  if (passesSockets) {
    server.on("upgrade", (request, near, head) => {
      sockets.push(...passSocket(target, request, near, head));
    });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    once: (pathEnd, fault) => void faults.push({ pathEnd, fault }),
    every: (fault) => {
      toEvery = fault;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
