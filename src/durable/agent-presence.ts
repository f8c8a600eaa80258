import { noteAgentLeft } from "../services/agents/note-left.ts";
import type { Context } from "../services/context.ts";
import type { AgentNote, AgentSockets } from "./agent-sockets.ts";
import { lookBy } from "./hub-storage.ts";

interface Parts {
  readonly alias: string;
  readonly context: Context;
  readonly agents: AgentSockets;
  readonly storage: DurableObjectStorage;
}

/** What outlives a hub of its agent's socket: one that is rebuilt is not told that a socket went meanwhile. */
interface AgentMark {
  /** When the agent last showed life on a socket, as far as it was noted. Milliseconds since the epoch. */
  readonly seenAt: number;
  /** It is gone, and until then it may come back without anybody hearing of that; null: its socket stands. */
  readonly backBy: number | null;
}

/** Where the mark is kept; there is none while no agent is known to be connected. */
const MARK = "agent";

/** Whether a server's agent is there, and since when it is not. */
export class AgentPresence {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The agent's socket was opened. */
  opened(): void {
    this.#put({ seenAt: this.#parts.context.clock(), backBy: null });
  }

  /** Whether the agent is there. Finds one that went without a word: its line died, or the hub was rebuilt. */
  async look(): Promise<boolean> {
    const { agents, context } = this.#parts;
    const isThere = agents.isThere();
    const mark = this.#mark();
    if (!mark || mark.backBy !== null) return isThere;
    const lifeAt = agents.lastLife();
    if (isThere) {
      const { serverSeenResolutionMs } = context.settings.durations;
      if (lifeAt !== null && lifeAt - mark.seenAt >= serverSeenResolutionMs) {
        this.#put({ seenAt: lifeAt, backBy: null });
      }
      return true;
    }
    agents.endAll();
    await this.#isGone(Math.max(mark.seenAt, lifeAt ?? 0), lifeAt === null);
    return false;
  }

  /** A socket ended. One that broke is given time to come back before anybody hears that the box is away. */
  async left(socket: WebSocket, note: AgentNote, isOnPurpose: boolean): Promise<void> {
    const { agents, context } = this.#parts;
    agents.close(note);
    const mark = this.#mark();
    if (agents.isThere() || !mark || mark.backBy !== null) return;
    const lifeAt = isOnPurpose ? context.clock() : agents.lastLifeOf(socket, note);
    await this.#isGone(Math.max(mark.seenAt, lifeAt), !isOnPurpose);
  }

  /** Writes into the rows since when the agent is away, if it did not come back in time. */
  async noteGone(): Promise<void> {
    const { alias, context, storage } = this.#parts;
    const mark = this.#mark();
    if (!mark || mark.backBy === null) return;
    if (mark.backBy > context.clock()) {
      await lookBy(storage, mark.backBy);
      return;
    }
    await noteAgentLeft(context, alias, mark.seenAt);
    storage.kv.delete(MARK);
  }

  /** When to look again whether it is still there; null while it is not. */
  nextLookAt(isWatched: boolean): number | null {
    const { agents, context } = this.#parts;
    const { agentSilentAfterMs, claimBackstopMs } = context.settings.durations;
    const lifeAt = agents.lastLife();
    if (lifeAt === null) return null;
    // Unwatched as seldom as the agent itself asks: idleness costs next to nothing.
    return isWatched ? lifeAt + agentSilentAfterMs : context.clock() + claimBackstopMs;
  }

  async #isGone(seenAt: number, mayComeBack: boolean): Promise<void> {
    const { context, storage } = this.#parts;
    const patienceMs = mayComeBack ? 2 * context.settings.durations.reconnectSpreadMs : 0;
    const backBy = context.clock() + patienceMs;
    this.#put({ seenAt, backBy });
    await lookBy(storage, backBy);
  }

  #mark(): AgentMark | undefined {
    return this.#parts.storage.kv.get<AgentMark>(MARK);
  }

  #put(mark: AgentMark): void {
    this.#parts.storage.kv.put(MARK, mark);
  }
}
