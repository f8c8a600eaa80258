import { HUB_CLOSE, type LiveEvent } from "@mobilesd/contract";
import type { Heard } from "../domain/event-log.ts";
import type { WatcherMember } from "../domain/hub.ts";
import { addressedTo, mayHear } from "../domain/watching.ts";

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
  readonly #clock: () => number;

  constructor(state: DurableObjectState, clock: () => number) {
    this.#state = state;
    this.#clock = clock;
  }

  count(): number {
    return this.#standing().length;
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
    const note = socket.deserializeAttachment() as WatcherNote;
    if (note.until <= this.#clock()) {
      socket.close(HUB_CLOSE.expired, "connect again");
      return;
    }
    if (!mayHear(note.ownerId, ownerId)) return;
    const text = texts.get(note.origin) ?? write(note.origin, event);
    texts.set(note.origin, text);
    socket.send(text);
  }

  #standing(): WebSocket[] {
    return this.#state.getWebSockets(TAG).filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

const write = (origin: string, event: LiveEvent) => JSON.stringify(addressedTo(origin, event));
