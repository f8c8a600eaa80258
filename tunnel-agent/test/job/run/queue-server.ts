import type { IncomingMessage, ServerResponse } from "node:http";
import { createCloud } from "../../../src/cloud/client.ts";
import type { LeaseGrant } from "@mobilesd/contract";
import { type SocketServer, startSocketServer } from "../../live/socket-server.ts";

/** One request that the queue got. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What a queue answers. */
export interface Given {
  readonly status: number;
  readonly json: unknown;
}

export const LEASE = {
  mobilesd_job_id: "6f6d1d3c-58a4-4f4c-9a37-6d9f3b1f7a10",
  epoch: 3,
  lease_token: "mlt_1",
} as LeaseGrant;

/** A problem as the queue's body has it. */
export const problem = (status: number, code: string): Given => {
  const words = { error: code, title: code, code, status };
  return { status, json: { ...words, request_id: "req", retryable: false, details: [] } };
};

export const HEARTBEAT: Given = {
  status: 200,
  json: { cancel: false, lease_ttl_ms: 90_000, server_time: "2026-01-01T00:00:00.000Z" },
};

/** A queue's server that answers as the test says, where it says something, and the agent's client of it. */
export async function startQueueServer(
  answer: (heard: Heard, response: ServerResponse) => Given | null,
): Promise<{ cloud: ReturnType<typeof createCloud>; heard: Heard[]; server: SocketServer }> {
  const heard: Heard[] = [];
  const server = await startSocketServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    const one = { method, path, headers, body: Buffer.concat(chunks) };
    heard.push(one);
    const given = answer(one, response);
    if (given) response.writeHead(given.status).end(JSON.stringify(given.json));
  });
  const cloud = createCloud({
    url: server.url,
    key: "mk_key",
    secret: "ms_secret",
    sessionId: () => "ses_1",
    random: () => 0,
    onRetry: () => {},
  });
  return { cloud, heard, server };
}
