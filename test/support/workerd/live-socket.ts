import { env } from "cloudflare:workers";
import { AgentMessage, HUB_PONG, HubMessage, type LeaseGrant, LiveEvent } from "@mobilesd/contract";
import { exampleJob } from "../example-job.ts";
import { newAgent, type TestAgent } from "./new-agent.ts";
import { newOwner, type TestOwner } from "./new-owner.ts";
import { openQueue, type TestQueue } from "./open-queue.ts";

/** Waits until something holds; throws what it last was when it does not within five seconds. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + 5_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** One end of a socket, with all that was heard on it. */
export class LiveSocket<M extends { type: string }> {
  readonly heard: M[] = [];
  /** Pings that the platform answered. */
  pongs = 0;
  /** The code with which it ended; null while it stands. */
  closed: number | null = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, read: (text: string) => M) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (data === HUB_PONG) this.pongs += 1;
      else this.heard.push(read(String(data)));
    });
    socket.addEventListener("close", ({ code }) => {
      this.closed = code;
    });
    socket.accept();
  }

  /** The messages of a type so far. */
  of<T extends M["type"]>(type: T): Extract<M, { type: T }>[] {
    return this.heard.filter((one): one is Extract<M, { type: T }> => one.type === type);
  }

  /** Waits for the first message that fits. */
  async next<T extends M["type"]>(
    type: T,
    fits: (message: Extract<M, { type: T }>) => boolean = () => true,
  ): Promise<Extract<M, { type: T }>> {
    const seen = () => this.heard.map((one) => JSON.stringify(one).slice(0, 200)).join("\n");
    try {
      return await until(type, () => this.of(type).find(fits));
    } catch (error) {
      throw new Error(`no ${type} among:\n${seen()}`, { cause: error });
    }
  }

  /** Waits for the end and answers its code. */
  ended(): Promise<number> {
    return until("the end of the socket", () => this.closed ?? undefined);
  }

  send(message: AgentMessage): void {
    this.#socket.send(JSON.stringify(AgentMessage.parse(message)));
  }

  sendRaw(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  close(code = 1000): void {
    this.#socket.close(code, "the test closes it");
  }
}

const UPGRADE = { Upgrade: "websocket" };

/** Asks for a socket; throws what was answered in its place. */
async function openSocket(
  queue: TestQueue,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<WebSocket> {
  const response = await queue.fetch(path, { headers: { ...headers, ...UPGRADE } });
  if (!response.webSocket) throw new Error(`${response.status}: ${await response.text()}`);
  return response.webSocket;
}

const readEvent = (text: string) => LiveEvent.parse(JSON.parse(text));

/** Watches a server with some credentials, or with what stands in `query`. */
export async function watch(
  queue: TestQueue,
  alias: string,
  as: Readonly<Record<string, string>>,
  query = "",
): Promise<LiveSocket<LiveEvent>> {
  const path = `/api/v1/events?server=${alias}${query}`;
  return new LiveSocket(await openSocket(queue, path, as), readEvent);
}

/** Opens an agent's socket for its session of now. */
export async function joinHub(agent: TestAgent): Promise<LiveSocket<HubMessage>> {
  const socket = await openSocket(agent.queue, "/api/v1/agent/hub", agent.headers);
  return new LiveSocket(socket, (text) => HubMessage.parse(JSON.parse(text)));
}

/** An owner with a server whose hub is the real one. */
export async function openBox(): Promise<{ queue: TestQueue; owner: TestOwner; agent: TestAgent }> {
  const queue = openQueue({ hubs: "real" });
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await queue.settle();
  return { queue, owner, agent };
}

/** The hub of a server, for what only its platform can do to it. */
export function hubOf(agent: TestAgent) {
  return env.HUB.get(env.HUB.idFromName(agent.alias));
}

/** Queues a small job, and waits until its hub has heard of it. */
export async function submitJob(agent: TestAgent, owner: TestOwner): Promise<string> {
  const { queue, alias } = agent;
  // Of two jobs of one moment chance decides which is the older.
  queue.now += 1;
  const json = exampleJob(alias);
  const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  await queue.settle();
  return String(body.mobilesd_job_id);
}

/** Takes the next job and starts it, and waits until its hub has heard of it. */
export async function runJob(agent: TestAgent): Promise<LeaseGrant> {
  const lease = await agent.claim();
  await agent.queue.settle();
  await agent.start(lease);
  await agent.queue.settle();
  return lease;
}

/** What an agent says of how far a job is. */
export function progressOf(lease: LeaseGrant, n: number, progress: number) {
  const { mobilesd_job_id, epoch } = lease;
  const at = { progress, phase: "drawing", remaining_ms: 5_000 } as const;
  return { type: "progress", mobilesd_job_id, epoch, n, ...at } as const;
}

/** What an agent shows of a job; 0: the picture as it grows. */
export function previewOf(lease: LeaseGrant, n: number, index = 0) {
  const { mobilesd_job_id, epoch } = lease;
  const picture = { index, width: 8, height: 8, webp: "AAAA" };
  return { type: "preview", mobilesd_job_id, epoch, n, ...picture } as const;
}
