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

/** The lab's own always-on script, which a Forge has that can run jobs with it. */
const LAB_LABELS = ["Lab enabled", "Lab text", "Lab kind", ""];
const LAB_SCRIPT = {
  name: "lab always on",
  is_alwayson: true,
  is_img2img: false,
  args: LAB_LABELS.map((label) => ({ label, value: null })),
};

/** A list that Forge's API answered, with the lab's script in it. */
function withLabScript(path: string, body: Buffer): Buffer {
  const list = path.endsWith("/script-info") || path.endsWith("/scripts");
  if (!list) return body;
  const read = JSON.parse(body.toString("utf8"));
  const more = Array.isArray(read)
    ? [...read, LAB_SCRIPT]
    : { ...read, txt2img: [...read.txt2img, LAB_SCRIPT.name] };
  return Buffer.from(JSON.stringify(more));
}

/** Passes everything on to the Forge at `target`, which has the lab's script too, as far as it tells. */
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
    response.end(withLabScript(path, Buffer.from(await answer.arrayBuffer())));
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
