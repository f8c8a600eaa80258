import { HUB_CLOSE, type HubMessage } from "@mobilesd/contract";
import type { AgentMember, BoxState, LiveRun } from "../domain/hub.ts";
import { isAlive, lastLifeOf } from "../domain/watching.ts";
import type { Context } from "../services/context.ts";
import { sendText } from "./send-text.ts";
import { signsOf } from "./socket-signs.ts";

/** What travels with an agent's socket while the hub sleeps: small, as the platform allows little. */
export interface AgentNote {
  readonly role: "agent";
  readonly sessionId: string;
  readonly openedAt: number;
  readonly heardAt: number | null;
  /** After this its key is to be looked at anew. */
  readonly until: number;
  /** Whether it was noted that it says what this version does not know. */
  readonly isStrange: boolean;
  readonly box: BoxState | null;
  readonly runs: readonly LiveRun[];
  /** Whether somebody watches, as the agent was last told; null: it was not told yet. */
  readonly isWatched: boolean | null;
}

interface Standing {
  readonly socket: WebSocket;
  readonly note: AgentNote;
}

const TAG = "agent";

/** The sockets of a server's agent: one, or for a moment two while a newer takes an older one's place. */
export class AgentSockets {
  readonly #state: DurableObjectState;
  readonly #clock: Context["clock"];
  readonly #log: Context["log"];
  readonly #silentAfterMs: number;
  /** What the last socket that went knew, should its session come back. */
  #gone: AgentNote | null = null;

  constructor(
    state: DurableObjectState,
    { clock, log, settings }: Pick<Context, "clock" | "log" | "settings">,
  ) {
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
    this.#silentAfterMs = settings.durations.agentSilentAfterMs;
  }

  /** Takes a socket in; an older one of the same session makes room for it. */
  open(socket: WebSocket, { sessionId, until }: AgentMember): void {
    const older = this.#standing().filter(({ note }) => note.sessionId === sessionId);
    const known = older.at(-1)?.note ?? (this.#gone?.sessionId === sessionId ? this.#gone : null);
    for (const one of older) one.socket.close(HUB_CLOSE.replaced, "replaced by a newer socket");
    this.#state.acceptWebSocket(socket, [TAG]);
    const { box, runs } = known ?? { box: null, runs: [] };
    const openedAt = this.#clock();
    const fresh = { openedAt, heardAt: null, until, isStrange: false, isWatched: null };
    const note: AgentNote = { role: "agent", sessionId, ...fresh, box, runs };
    socket.serializeAttachment(note);
  }

  /** Notes what changed about a socket's agent; answers the whole. */
  change(socket: WebSocket, changes: Partial<AgentNote>): AgentNote {
    const note = { ...(socket.deserializeAttachment() as AgentNote), ...changes };
    socket.serializeAttachment(note);
    return note;
  }

  /** Keeps what a socket knew that went. */
  close(note: AgentNote): void {
    this.#gone = note;
  }

  /** What the newest socket's agent told, or the last one that went. */
  known(): AgentNote | null {
    return this.#standing().at(-1)?.note ?? this.#gone;
  }

  /** What runs, as the agent last told. */
  runs(): readonly LiveRun[] {
    return this.known()?.runs ?? [];
  }

  /** Whether a socket stands whose other end showed life lately. */
  isThere(): boolean {
    const now = this.#clock();
    return this.#standing().some(({ socket, note }) =>
      isAlive(signsOf(this.#state, socket, note), now, this.#silentAfterMs),
    );
  }

  /** When the other end of a socket last showed life. */
  lastLifeOf(socket: WebSocket, note: AgentNote): number {
    return lastLifeOf(signsOf(this.#state, socket, note));
  }

  /** When the other end of any socket that stands last showed life; null where none stands. */
  lastLife(): number | null {
    const times = this.#standing().map(({ socket, note }) => this.lastLifeOf(socket, note));
    return times.length === 0 ? null : Math.max(...times);
  }

  /** Closes every socket, as when nobody is at its other end; what the newest knew is kept. */
  endAll(): void {
    for (const { socket, note } of this.#standing()) {
      this.close(note);
      socket.close(HUB_CLOSE.expired, "nothing was heard for too long");
    }
  }

  /** Closes the sockets whose key is to be looked at anew: an honest agent opens another within seconds. */
  endExpired(): void {
    const now = this.#clock();
    for (const { socket, note } of this.#standing()) {
      if (note.until <= now) socket.close(HUB_CLOSE.expired, "connect again");
    }
  }

  /** Tells sockets of other sessions that a newer one took over, and closes them. */
  supersedeAllBut(sessionId: string): void {
    for (const { socket, note } of this.#standing()) {
      if (note.sessionId === sessionId) continue;
      this.#say(socket, { type: "superseded" });
      socket.close(HUB_CLOSE.superseded, "a newer session took over");
    }
  }

  send(message: HubMessage): void {
    for (const { socket } of this.#standing()) this.#say(socket, message);
  }

  /** Lets go of a job: under older epochs, and under this one where the run is over. */
  forgetRun(jobId: string, epoch: number, isOver: boolean): void {
    const isKept = (run: LiveRun) =>
      run.jobId !== jobId || (isOver ? run.epoch > epoch : run.epoch >= epoch);
    for (const { socket, note } of this.#standing()) {
      if (!note.runs.every(isKept)) this.change(socket, { runs: note.runs.filter(isKept) });
    }
    if (this.#gone) this.#gone = { ...this.#gone, runs: this.#gone.runs.filter(isKept) };
  }

  /** Tells the agent how many watch, when the first came or the last went. */
  tellWatchers(count: number): void {
    const isWatched = count > 0;
    for (const { socket, note } of this.#standing()) {
      if (note.isWatched === isWatched) continue;
      this.change(socket, { isWatched });
      this.#say(socket, { type: "watchers", count });
    }
  }

  /** Oldest first; a socket that is closing is none any more. */
  #standing(): Standing[] {
    return this.#state
      .getWebSockets(TAG)
      .filter((socket) => socket.readyState === WebSocket.OPEN)
      .map((socket) => ({ socket, note: socket.deserializeAttachment() as AgentNote }))
      .sort((a, b) => a.note.openedAt - b.note.openedAt);
  }

  #say(socket: WebSocket, message: HubMessage): void {
    sendText(socket, JSON.stringify(message), this.#log);
  }
}
