import {
  type AgentMessage,
  type Durations,
  HEADERS,
  HUB_CLOSE,
  HubMessage,
  ROUTES,
  type ServerMode,
  WIRE_VERSION,
} from "@mobilesd/contract";
import type { Log } from "../log.ts";
import { createDoorbell, type Doorbell, type Ring } from "./doorbell.ts";
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
  /** The mode that the hub told last over this socket; null where it told none, or there is no socket. */
  mode(): ServerMode | null;
  /** Whether an unload was asked for since this was asked last. */
  takeUnload(): boolean;
  /** Fires once a newer session of this agent took over. */
  readonly superseded: AbortSignal;
  /** How many watch this server; 0 without a socket. */
  watchers(): number;
  /** Hears when that number changes. Answers what ends the listening. */
  onWatchers(listener: (count: number) => void): () => void;
  /** Sends, or drops it when there is no socket. */
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

/** Listeners to one kind of news. */
function createListeners<A extends unknown[]>() {
  const all = new Set<(...news: A) => void>();
  return {
    tell(...news: A) {
      for (const listener of [...all]) listener(...news);
    },
    add(listener: (...news: A) => void) {
      all.add(listener);
      return () => void all.delete(listener);
    },
  };
}

/** A message of the hub; null where it is none that this agent knows, as a newer hub may have others. */
function readMessage(text: string): HubMessage | null {
  try {
    return HubMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What the hub has said, for whoever asks or listens. */
function createEar(bell: Doorbell, superseded: AbortController) {
  const cancels = createListeners<[jobId: string, epoch: number]>();
  const counts = createListeners<[count: number]>();
  let mode: ServerMode | null = null;
  let isUnloadAsked = false;
  let watchers = 0;
  const setWatchers = (count: number) => {
    if (count === watchers) return;
    watchers = count;
    counts.tell(count);
  };
  return {
    hear(message: HubMessage): void {
      switch (message.type) {
        case "work":
          bell.ring("work");
          break;
        case "cancel":
          cancels.tell(message.mobilesd_job_id, message.epoch);
          break;
        case "mode":
          if (message.mode !== mode) bell.ring("orders");
          mode = message.mode;
          break;
        case "unload":
          isUnloadAsked = true;
          bell.ring("orders");
          break;
        case "superseded":
          superseded.abort();
          break;
        case "watchers":
          setWatchers(message.count);
          break;
      }
    },
    /** What was true of the socket that is no more. */
    forget() {
      mode = null;
      setWatchers(0);
    },
    onCancel: cancels.add,
    onWatchers: counts.add,
    mode: () => mode,
    watchers: () => watchers,
    takeUnload() {
      const wasAsked = isUnloadAsked;
      isUnloadAsked = false;
      return wasAsked;
    },
  };
}

/** Makes the link of an agent; it stays down until `open`. */
export function createHubLink(deps: HubLinkDeps): HubLink {
  const { log } = deps;
  const bell = createDoorbell();
  const superseded = new AbortController();
  const { hear, forget, ...heard } = createEar(bell, superseded);
  let socket: KeptSocket | null = null;
  let changes = 0;
  const changed = () => {
    changes += 1;
    bell.ring("link");
  };
  const events: KeptSocketEvents = {
    onUp() {
      log.debug({}, "The queue's doorbell is connected");
      changed();
    },
    onText(text) {
      const message = readMessage(text);
      if (message) hear(message);
      else log.debug({ characters: text.length }, "The hub said something unknown");
    },
    onDown({ wasUp, code, retryMs }) {
      log.debug({ code, retry_ms: retryMs }, "The queue's doorbell is not connected");
      if (code === HUB_CLOSE.superseded) superseded.abort();
      forget();
      if (wasUp) changed();
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
