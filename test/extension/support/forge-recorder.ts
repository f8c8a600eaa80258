import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A generation as the agent asked Forge's API for it. */
export type ApiRequest = Readonly<Record<string, unknown>> & { readonly prompt: string };

/** Stands between an agent and its Forge, and keeps what is asked of the API. */
export interface ForgeRecorder {
  readonly url: string;
  /** Generations in order. */
  readonly asked: readonly ApiRequest[];
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Passes everything on to the Forge at `target`. */
export async function startForgeRecorder(target: string): Promise<ForgeRecorder> {
  const asked: ApiRequest[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    const body = await bodyOf(request);
    if (/\/sdapi\/v1\/(?:txt|img)2img$/.test(path)) asked.push(JSON.parse(body.toString("utf8")));
    const type = request.headers["content-type"];
    const answer = await fetch(target + path, {
      method: request.method ?? "GET",
      ...(type === undefined ? {} : { headers: { "content-type": type } }),
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    const kind = answer.headers.get("content-type") ?? "application/json";
    response.writeHead(answer.status, { "content-type": kind });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
