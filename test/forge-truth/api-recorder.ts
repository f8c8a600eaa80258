import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject, type JsonObject } from "../forge-api/compare/difference.ts";

/** Stands between an agent and Forge, changes nothing and remembers what jobs were asked for. */
export interface ApiRecorder {
  readonly url: string;
  /** The bodies of the jobs that came through, in order. */
  readonly jobs: readonly JsonObject[];
  stop(): Promise<void>;
}

const JOB = /^\/sdapi\/v1\/(?:txt2img|img2img)$/;

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Starts one on a free port in front of a Forge. */
export async function startApiRecorder(forgeUrl: string): Promise<ApiRecorder> {
  const jobs: JsonObject[] = [];

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    if (JOB.test(incoming.url ?? "")) {
      const job: unknown = JSON.parse(body.toString("utf8"));
      if (isObject(job)) jobs.push(job);
    }
    const onward = request(forgeUrl + incoming.url, {
      method: incoming.method ?? "GET",
      headers: { ...incoming.headers, "content-length": body.length },
    });
    onward.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    onward.end(body);
  }

  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
