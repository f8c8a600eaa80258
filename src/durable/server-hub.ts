import { DurableObject } from "cloudflare:workers";
import { AgentMessage, HUB_CLOSE, HUB_PING, HUB_PONG, LIMITS } from "@mobilesd/contract";
import { errorTextOf } from "../domain/error-text.ts";
import type {
  AgentMember,
  HubHeard,
  HubLook,
  HubNews,
  JoinRefusal,
  Member,
  WatcherMember,
} from "../domain/hub.ts";
import { mergeRun } from "../domain/runs.ts";
import type { Context } from "../services/context.ts";
import { readServer } from "../services/live/hub-rows.ts";
import { noteAgentLeft } from "../services/agents/note-left.ts";
import { sweepServer } from "../services/upkeep/sweep.ts";
import { type AgentNote, AgentSockets } from "./agent-sockets.ts";
import { Telling } from "./telling.ts";
import { spendTicket } from "./tickets.ts";
import { type WatcherNote, WatcherSockets } from "./watcher-sockets.ts";

/** What a hub needs of the installation: the verbs' context, with work that goes on behind an answer. */
type ContextOf = (env: object, state: Pick<DurableObjectState, "waitUntil">) => Context;

/** Rows that a look could not move are looked at again after this, not at once. */
const LOOK_AGAIN_AFTER_MS = 1_000;

/** Where a hub keeps when its agent's socket was lost, until it is seen whether it comes back. */
const LEFT_AT = "left_at";

/** Close codes of an agent that goes on purpose (RFC 6455, 7.4.1); any other loss may be over in a moment. */
const GOING = [1000, 1001];

/**
 * The hub class of an installation; one object a server, named by its alias. It may be rebuilt between any
 * two messages: what must outlive that travels with the sockets, all else is missed by nobody for long.
 */
export function serverHub(contextOf: ContextOf) {
  return class extends DurableObject<object> {
    readonly #context: Context;
    readonly #alias: string;
    readonly #agents: AgentSockets;
    readonly #watchers: WatcherSockets;
    readonly #telling: Telling;

    constructor(state: DurableObjectState, env: object) {
      super(state, env);
      const context = contextOf(env, state);
      const alias = state.id.name ?? "";
      const agents = new AgentSockets(state, context);
      const watchers = new WatcherSockets(state, context);
      this.#context = context;
      this.#alias = alias;
      this.#agents = agents;
      this.#watchers = watchers;
      this.#telling = new Telling({ alias, context, agents, watchers });
      state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HUB_PING, HUB_PONG));
    }

    /** Opens a socket for the member in the address. The Worker has let it in; nobody else reaches a hub. */
    override async fetch(request: Request): Promise<Response> {
      const member = JSON.parse(new URL(request.url).searchParams.get("member") ?? "") as Member;
      const refusal = member.role === "watcher" ? this.#refusalOf(member) : null;
      if (refusal) return new Response(refusal, { status: 403 });
      const { 0: client, 1: server } = new WebSocketPair();
      if (member.role === "agent") this.#openAgent(server, member);
      else this.#openWatcher(server, member);
      return new Response(null, { status: 101, webSocket: client });
    }

    /** Hears what happened on the server, and hands it on. */
    async tell(news: HubNews): Promise<HubHeard> {
      for (const one of news.jobs ?? []) this.#telling.job(one);
      for (const message of news.toAgent ?? []) this.#agents.send(message);
      if (news.mode !== undefined) this.#agents.setMode(news.mode);
      const isAgentThere = this.#agents.isThere();
      if (news.lookAt !== undefined) await this.#lookBy(news.lookAt);
      if (news.sessionId !== undefined) await this.#keepOneSession(news.sessionId);
      if (news.mode !== undefined) await this.#telling.server();
      return { isAgentThere };
    }

    /** What is known of the server at this moment. */
    look(): HubLook {
      const isAgentThere = this.#agents.isThere();
      const box = isAgentThere ? (this.#agents.known()?.box ?? null) : null;
      return { isAgentThere, box, runs: this.#agents.runs() };
    }

    override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
      const note = socket.deserializeAttachment() as AgentNote | WatcherNote;
      const message = note.role === "agent" ? readMessage(data) : undefined;
      if (note.role !== "agent" || message === undefined) {
        const characters = typeof data === "string" ? data.length : data.byteLength;
        const of = { server_alias: this.#alias, role: note.role, characters };
        this.#context.log("socket_message_unreadable", of);
        socket.close(HUB_CLOSE.unreadable, "not a message of this interface");
        return;
      }
      const heardAt = this.#context.clock();
      if (message.type === "box") {
        const { forge, free_vram_bytes, loaded_checkpoint } = message;
        const box = { forge, freeVramBytes: free_vram_bytes, loadedCheckpoint: loaded_checkpoint };
        this.#agents.change(socket, { heardAt, box });
        return;
      }
      const runs = mergeRun(note.runs, message, heardAt);
      this.#agents.change(socket, runs ? { heardAt, runs } : { heardAt });
      const run = runs?.at(-1);
      if (run) await this.#telling.run(run, message, note.sessionId);
    }

    override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
      answerClose(socket, code);
      await this.#leave(socket, GOING.includes(code));
    }

    override async webSocketError(socket: WebSocket): Promise<void> {
      await this.#leave(socket, false);
    }

    /** Looks at the server's rows when their time has come, without any cron. */
    override async alarm(): Promise<void> {
      const { clock, log, settings } = this.#context;
      try {
        const { nextAt } = await sweepServer(this.#context, this.#alias);
        if (!this.#agents.isThere()) {
          await this.#noteLeft();
          await this.#telling.server();
        }
        if (nextAt !== null) await this.#lookBy(Math.max(nextAt, clock() + LOOK_AGAIN_AFTER_MS));
      } catch (error) {
        log("hub_look_failed", { server_alias: this.#alias, ...errorTextOf(error) });
        await this.#lookBy(clock() + settings.durations.leaseGraceMs);
      }
    }

    /** The agent did not come back: from now on the rows say since when. */
    async #noteLeft(): Promise<void> {
      const leftAt = this.ctx.storage.kv.get<number>(LEFT_AT);
      if (leftAt === undefined) return;
      await noteAgentLeft(this.#context, this.#alias, leftAt);
      this.ctx.storage.kv.delete(LEFT_AT);
    }

    #refusalOf({ ticket }: WatcherMember): JoinRefusal | null {
      if (!this.#watchers.hasRoom()) return "too_many_watchers";
      if (ticket === null) return null;
      const isFresh = spendTicket(this.ctx.storage.kv, ticket, this.#context.clock());
      return isFresh ? null : "ticket_invalid";
    }

    #openAgent(socket: WebSocket, member: AgentMember): void {
      this.#agents.open(socket, member);
      if (this.ctx.storage.kv.get(LEFT_AT) !== undefined) this.ctx.storage.kv.delete(LEFT_AT);
      this.#agents.tellWatchers(this.#watchers.count());
      this.ctx.waitUntil(this.#keepOneSession(member.sessionId));
      this.ctx.waitUntil(this.#telling.server());
    }

    #openWatcher(socket: WebSocket, member: WatcherMember): void {
      this.#watchers.open(socket, member);
      this.#telling.welcome(socket, member);
      this.#agents.tellWatchers(this.#watchers.count());
      this.ctx.waitUntil(this.#telling.runsTo(socket));
    }

    /** Of two sessions the rows say which counts; should they not answer, the one that just came does. */
    async #keepOneSession(newest: string): Promise<void> {
      if (!this.#agents.hasOtherThan(newest)) return;
      try {
        const server = await readServer(this.#context, this.#alias);
        this.#agents.supersedeAllBut(server?.sessionId ?? newest);
      } catch (error) {
        this.#context.log("session_unread", errorTextOf(error));
        this.#agents.supersedeAllBut(newest);
      }
    }

    /** A socket ended. One that broke is given the time to come back before anybody hears that the box is away. */
    async #leave(socket: WebSocket, isOnPurpose: boolean): Promise<void> {
      const note = socket.deserializeAttachment() as AgentNote | WatcherNote;
      if (note.role === "watcher") {
        this.#agents.tellWatchers(this.#watchers.count());
        return;
      }
      this.#agents.close(note);
      if (this.#agents.isThere()) return;
      const { clock, settings } = this.#context;
      this.ctx.storage.kv.put(LEFT_AT, this.#agents.lastSignOf(socket, note));
      const patienceMs = isOnPurpose ? 0 : 2 * settings.durations.reconnectSpreadMs;
      await this.#lookBy(clock() + patienceMs);
    }

    /** Sees to it that the alarm rings at this moment or before. */
    async #lookBy(at: number): Promise<void> {
      const armed = await this.ctx.storage.getAlarm();
      if (armed === null || at < armed) await this.ctx.storage.setAlarm(at);
    }
  };
}

/** Says the goodbye that the other end waits for. Some codes only tell that there was none (RFC 6455, 7.4.1). */
function answerClose(socket: WebSocket, code: number): void {
  if (code === 1005 || code === 1006 || code === 1015) socket.close();
  else socket.close(code);
}

function readMessage(data: string | ArrayBuffer): AgentMessage | undefined {
  if (typeof data !== "string" || data.length > LIMITS.socketMessageCharsMax) return undefined;
  try {
    return AgentMessage.safeParse(JSON.parse(data)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
