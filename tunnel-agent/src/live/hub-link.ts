import {
  type AgentMessage,
  type Durations,
  HEADERS,
  HUB_CLOSE,
  ROUTES,
  type ServerMode,
  WIRE_VERSION,
} from "@mobilesd/contract";
import type { Log } from "../log.ts";
import { createDoorbell, type Ring } from "./doorbell.ts";
import { createEar, createListeners } from "./ear.ts";
import { type KeptSocket, type KeptSocketEvents, keepSocket } from "./kept-socket.ts";

/**
 * The socket to the hub of this agent's server. Everything on it is a hint: whatever gets lost is found by a
 * claim or a heartbeat, and without it the agent polls.
 */
export interface HubLink {
  /** Whether the socket stands. */
  isUp(): boolean;
  /** How often it came up or was lost so far: who sees another number than before may have missed a cancel. */
  changes(): number;
  /**
   * Waits for a bell, a change of the socket, an order or `maxMs`, and answers which it was. What rang since the
   * last wait ends it at once. For one loop alone.
   */
  wait(maxMs: number, signal: AbortSignal): Promise<Ring | "time" | "stopped">;
  /** Hears of cancels of jobs that this agent holds. Answers what ends the listening. */
  onCancel(listener: (jobId: string, epoch: number) => void): () => void;
  /** The mode that the hub told since this was asked last, in a message of its own; null where it told none. */
  takeMode(): ServerMode | null;
  /** The unload that was asked for since this was asked last, by the time of the order; null where none was. */
  takeUnload(): string | null;
  /** Fires once a newer session of this agent took over. */
  readonly superseded: AbortSignal;
  /** How many watch this server; 0 without a socket. */
  watchers(): number;
  /** Hears when that number changes. Answers what ends the listening. */
  onWatchers(listener: (count: number) => void): () => void;
  /** Hears each time that the socket comes up. Answers what ends the listening. */
  onUp(listener: () => void): () => void;
  /** Whether the socket stands and has taken what it was told before: what is told now is not dropped. */
  isFree(): boolean;
  /** Sends, or drops it when there is no socket, or its line takes no more. */
  tell(message: AgentMessage): void;
  /** Begins a session's socket, and keeps one from then on; an earlier session's is closed. */
  open(sessionId: string): void;
  /** The queue answered over HTTP after it had not: worth a try at once. */
  nudge(): void;
  /** Ends the socket for good, until `open`. */
  close(): void;
}

export interface HubLinkDeps {
  /** The queue's address, without a slash at its end. */
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  /** As the queue told them last. */
  readonly durations: () => Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

/** Answers to a join which are about this agent and not about the way there: over HTTP they are told in words. */
const REFUSALS: ReadonlySet<number | null> = new Set([401, 403, 404, 409]);

/** Makes the link of an agent; it stays down until `open`. */
export function createHubLink(deps: HubLinkDeps): HubLink {
  const { log } = deps;
  const bell = createDoorbell();
  const superseded = new AbortController();
  const { hear, forget, ...heard } = createEar(bell, superseded);
  let socket: KeptSocket | null = null;
  let changes = 0;
  const ups = createListeners<[]>();
  const changed = () => {
    changes += 1;
    bell.ring("link");
  };
  const events: KeptSocketEvents = {
    onUp() {
      log.debug({}, "The queue's doorbell is connected");
      changed();
      ups.tell();
    },
    onText(text) {
      if (hear(text)) return;
      log.debug({ characters: text.length }, "The hub said something unknown");
    },
    onDown({ wasUp, code, status, retryMs }) {
      log.debug({ code, status, retry_ms: retryMs }, "The queue's doorbell is not connected");
      if (code === HUB_CLOSE.superseded) superseded.abort();
      forget();
      if (wasUp) changed();
      // The next question says what it means: that this key, or this session, counts no more.
      if (REFUSALS.has(status)) bell.ring("work");
    },
  };
  const close = () => {
    const wasUp = socket?.isUp() ?? false;
    socket?.end();
    socket = null;
    forget();
    if (wasUp) changed();
  };
  return {
    ...heard,
    isUp: () => socket?.isUp() ?? false,
    changes: () => changes,
    wait: bell.wait,
    superseded: superseded.signal,
    onUp: ups.add,
    isFree: () => socket?.isFree() ?? false,
    tell: (message) => socket?.send(JSON.stringify(message)),
    open(sessionId) {
      close();
      socket = keepSocket(deps.url + ROUTES.joinHub.path, headersOf(deps, sessionId), deps, events);
    },
    nudge: () => socket?.nudge(),
    close,
  };
}

function headersOf({ key, secret }: HubLinkDeps, sessionId: string): Record<string, string> {
  return {
    "x-api-key": key,
    "x-api-secret": secret,
    [HEADERS.wire]: WIRE_VERSION,
    [HEADERS.session]: sessionId,
  };
}
