import { HUB_CLOSE, LIMITS, type LiveEvent } from "@mobilesd/contract";
import type { Heard } from "../domain/event-log.ts";
import type { WatcherMember } from "../domain/hub.ts";
import { addressedTo, isAlive, mayHear } from "../domain/watching.ts";
import type { Context } from "../services/context.ts";
import { sendText } from "./send-text.ts";
import { signsOf } from "./socket-signs.ts";

/** What travels with a watcher's socket while the hub sleeps. */
export interface WatcherNote {
  readonly role: "watcher";
  readonly ownerId: string | null;
  readonly origin: string;
  readonly openedAt: number;
  readonly until: number;
  /** Whether it was noted that it says what this version does not know. */
  readonly isStrange: boolean;
}

const TAG = "watcher";

/** Pings of a watcher that may be missed before it counts as gone. */
const MISSED_PINGS_MAX = 3;

/**
 * The sockets of those who watch a server. Whoever shows no life is let go: what is sent to a reader that
 * does not read waits in the hub's own memory, and previews would be made for nobody.
 */
export class WatcherSockets {
  readonly #state: DurableObjectState;
  readonly #clock: Context["clock"];
  readonly #log: Context["log"];
  readonly #silentAfterMs: number;

  constructor(
    state: DurableObjectState,
    { clock, log, settings }: Pick<Context, "clock" | "log" | "settings">,
  ) {
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
    this.#silentAfterMs = MISSED_PINGS_MAX * settings.durations.watcherPingMs;
  }

  /** How many are there. */
  count(): number {
    return this.#standing().filter((socket) => !this.#isOver(socket, noteOf(socket))).length;
  }

  /** Whether one more can be let in who sees this owner's jobs (null: everybody's). */
  hasRoom(ownerId: string | null): boolean {
    this.endOver();
    const notes = this.#standing().map(noteOf);
    const own = notes.filter((note) => note.ownerId === ownerId);
    return notes.length < LIMITS.watchersMax && own.length < LIMITS.watchersPerOwnerMax;
  }

  open(socket: WebSocket, { ownerId, origin, until }: WatcherMember): void {
    this.#state.acceptWebSocket(socket, [TAG]);
    const times = { openedAt: this.#clock(), until };
    const note: WatcherNote = { role: "watcher", ownerId, origin, ...times, isStrange: false };
    socket.serializeAttachment(note);
  }

  /** Lets those go whose time is over, or who have shown no life for long. */
  endOver(): void {
    for (const socket of this.#standing()) this.#endIfOver(socket, noteOf(socket));
  }

  /** Tells an event to everybody who may hear it. */
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

  #endIfOver(socket: WebSocket, note: WatcherNote): boolean {
    const isOver = this.#isOver(socket, note);
    if (isOver) socket.close(HUB_CLOSE.expired, "connect again");
    return isOver;
  }

  #isOver(socket: WebSocket, note: WatcherNote): boolean {
    const now = this.#clock();
    const signs = signsOf(this.#state, socket, note);
    return note.until <= now || !isAlive(signs, now, this.#silentAfterMs);
  }

  #standing(): WebSocket[] {
    return this.#state.getWebSockets(TAG).filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

const noteOf = (socket: WebSocket) => socket.deserializeAttachment() as WatcherNote;
const write = (origin: string, event: LiveEvent) => JSON.stringify(addressedTo(origin, event));
