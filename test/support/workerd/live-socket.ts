import { AgentMessage, HubMessage, LiveEvent } from "@mobilesd/contract";
import type { TestAgent } from "./new-agent.ts";
import type { TestQueue } from "./open-queue.ts";

/** Waits until something holds; throws what it last was when it does not within five seconds. */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const end = performance.now() + 5_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** One end of a socket, with all that was heard on it. */
export class LiveSocket<M extends { type: string }> {
  readonly heard: M[] = [];
  /** The code with which it ended; null while it stands. */
  closed: number | null = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, read: (text: string) => M) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => void this.heard.push(read(String(data))));
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
