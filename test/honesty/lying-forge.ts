import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import type { Body } from "./loss.ts";

/** Changes of what Forge tells, by the path where it tells it. */
export type Lists = Readonly<Record<string, (list: never) => unknown>>;

/** What goes wrong between an agent and its Forge, in a way that both take for the other's own doing. */
export interface Lie {
  /** Changes a request to generate on its way to Forge. */
  readonly asks?: (request: Body) => void;
  /** Changes Forge's answer to it; `asked` is what the agent sent. */
  readonly answers?: (answer: Body, asked: Body) => void | Promise<void>;
  /** Answers in Forge's place. */
  readonly instead?: { readonly status: number; readonly body: unknown };
  /** Does something at Forge itself while it generates. */
  readonly meanwhile?: (forge: DemoForge) => Promise<void>;
  readonly lists?: Lists;
  /** Tells the truth again after so many generations. */
  readonly times?: number;
}

/** A proxy in front of a Forge. */
export interface LyingForge {
  readonly url: string;
  /** What it does from now on to what passes; null: nothing. */
  lie(lie: Lie | null): void;
  /** Every request to generate as the agent sent it, in order. */
  readonly sent: readonly Body[];
  /** The paths that were asked, in order. */
  readonly asked: readonly string[];
  /** The most generations that were under way at once. */
  readonly mostAtOnce: () => number;
  stop(): Promise<void>;
}

const GENERATES = /^\/sdapi\/v1\/(?:txt2img|img2img)$/;

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

/**
 * Starts a proxy that changes requests and answers on their way, as a Forge that loses something does.
 * `lists` are changed all the time.
 */
export async function startLyingForge(forge: DemoForge, lists: Lists = {}): Promise<LyingForge> {
  const sent: Body[] = [];
  const asked: string[] = [];
  let current: Lie | null = null;
  let told = 0;
  let [underWay, mostAtOnce] = [0, 0];

  const forward = (request: IncomingMessage, body: Buffer | string) =>
    fetch(forge.url + request.url, {
      method: request.method ?? "GET",
      headers: { "content-type": "application/json" },
      ...(body.length > 0 ? { body: body as string | Buffer<ArrayBuffer> } : {}),
    });

  /** The lie about the next generation, if there is one left. */
  function nextLie(): Lie | null {
    told += 1;
    return current?.times === undefined || told <= current.times ? current : null;
  }

  async function generate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = (await bytesOf(request)).toString();
    const lie = nextLie();
    sent.push(JSON.parse(text));
    if (lie?.instead) {
      return send(response, lie.instead.status, JSON.stringify(lie.instead.body));
    }
    const body = JSON.parse(text) as Body;
    lie?.asks?.(body);
    const answer = forward(request, JSON.stringify(body));
    await lie?.meanwhile?.(forge);
    const { status } = await answer;
    const given = (await (await answer).json()) as Body;
    if (status === 200) await lie?.answers?.(given, JSON.parse(text));
    send(response, status, JSON.stringify(given));
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await forward(request, await bytesOf(request));
    const path = (request.url ?? "").split("?")[0] ?? "";
    const change = current?.lists?.[path] ?? lists[path];
    const body = Buffer.from(await answer.arrayBuffer());
    if (!change || answer.status !== 200) return send(response, answer.status, body);
    send(response, 200, JSON.stringify(change(JSON.parse(body.toString()) as never)));
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked.push(request.url ?? "");
    if (!GENERATES.test(request.url ?? "")) return pass(request, response);
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    try {
      await generate(request, response);
    } finally {
      underWay -= 1;
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    asked,
    mostAtOnce: () => mostAtOnce,
    lie(lie) {
      current = lie;
      told = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
