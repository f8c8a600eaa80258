import { HUB_CLOSE, LIMITS, type LiveEvent } from "@mobilesd/contract";
import type { Heard } from "../domain/event-log.ts";
import type { WatcherMember } from "../domain/hub.ts";
import { addressedTo, mayHear } from "../domain/watching.ts";
import type { Context } from "../services/context.ts";
import { sendText } from "./send-text.ts";

/** What travels with a watcher's socket while the hub sleeps. */
export interface WatcherNote {
  readonly role: "watcher";
  readonly ownerId: string | null;
  readonly origin: string;
  readonly until: number;
}

const TAG = "watcher";

/** The sockets of those who watch a server. */
export class WatcherSockets {
  readonly #state: DurableObjectState;
  readonly #clock: Context["clock"];
  readonly #log: Context["log"];

  constructor(state: DurableObjectState, { clock, log }: Pick<Context, "clock" | "log">) {
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
  }

  count(): number {
    return this.#standing().length;
  }

  /** Whether one more can be let in; those whose time is over make room. */
  hasRoom(): boolean {
    if (this.count() < LIMITS.watchersMax) return true;
    for (const socket of this.#standing()) this.#endIfOver(socket, noteOf(socket));
    return this.count() < LIMITS.watchersMax;
  }

  open(socket: WebSocket, { ownerId, origin, until }: WatcherMember): void {
    this.#state.acceptWebSocket(socket, [TAG]);
    const note: WatcherNote = { role: "watcher", ownerId, origin, until };
    socket.serializeAttachment(note);
  }

  /** Tells an event to everybody who may hear it. Those whose time is over hear nothing more. */
  tellAll(heard: Heard): void {
    const texts = new Map<string, string>();
    for (const socket of this.#standing()) this.#tell(socket, heard, texts);
  }

  /** Tells one of them some events, of which it hears those that it may. */
  tellOne(socket: WebSocket, events: readonly Heard[]): void {
    for (const heard of events) this.#tell(socket, heard, new Map());
  }

  #tell(socket: WebSocket, { event, ownerId }: Heard, texts: Map<string, string>): void {
    const note = noteOf(socket);
    if (this.#endIfOver(socket, note) || !mayHear(note.ownerId, ownerId)) return;
    const text = texts.get(note.origin) ?? write(note.origin, event);
    texts.set(note.origin, text);
    sendText(socket, text, this.#log);
  }

  #endIfOver(socket: WebSocket, { until }: WatcherNote): boolean {
    const isOver = until <= this.#clock();
    if (isOver) socket.close(HUB_CLOSE.expired, "connect again");
    return isOver;
  }

  #standing(): WebSocket[] {
    return this.#state.getWebSockets(TAG).filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

const noteOf = (socket: WebSocket) => socket.deserializeAttachment() as WatcherNote;
const write = (origin: string, event: LiveEvent) => JSON.stringify(addressedTo(origin, event));
