import { DurableObject } from "cloudflare:workers";
import { type AgentMessage, HUB_CLOSE, HUB_PING, HUB_PONG } from "@mobilesd/contract";
import { errorTextOf } from "../domain/error-text.ts";
import type {
  HubHeard,
  HubLook,
  HubNews,
  JoinRefusal,
  Member,
  WatcherMember,
} from "../domain/hub.ts";
import { mergeRun } from "../domain/runs.ts";
import type { Context } from "../services/context.ts";
import { sweepServer } from "../services/upkeep/sweep.ts";
import { AgentPresence } from "./agent-presence.ts";
import { type AgentNote, AgentSockets } from "./agent-sockets.ts";
import { aliasOf, lookBy } from "./hub-storage.ts";
import { answerClose } from "./close-socket.ts";
import { readMessage } from "./read-message.ts";
import { RowLooks } from "./row-looks.ts";
import { tellRows } from "./tell-rows.ts";
import { Telling } from "./telling.ts";
import { spendTicket } from "./tickets.ts";
import { type WatcherNote, WatcherSockets } from "./watcher-sockets.ts";

/** What a hub needs of the installation: the verbs' context, with work that goes on behind an answer. */
type ContextOf = (env: object, state: Pick<DurableObjectState, "waitUntil">) => Context;

/** Rows that a look could not move are looked at again after this, not at once. */
const LOOK_AGAIN_AFTER_MS = 1_000;

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
    readonly #presence: AgentPresence;
    readonly #rows: RowLooks;

    constructor(state: DurableObjectState, env: object) {
      super(state, env);
      const context = contextOf(env, state);
      const alias = aliasOf(state);
      const agents = new AgentSockets(state, context);
      const watchers = new WatcherSockets(state, context);
      const telling = new Telling({ alias, context, agents, watchers });
      this.#context = context;
      this.#alias = alias;
      this.#agents = agents;
      this.#watchers = watchers;
      this.#telling = telling;
      this.#presence = new AgentPresence({ alias, context, agents, storage: state.storage });
      this.#rows = new RowLooks((wishes) => tellRows({ alias, context, agents, telling }, wishes));
      state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HUB_PING, HUB_PONG));
    }

    /** Opens a socket for the member in the address. The Worker has let it in; nobody else reaches a hub. */
    override async fetch(request: Request): Promise<Response> {
      const member = JSON.parse(new URL(request.url).searchParams.get("member") ?? "") as Member;
      const refusal = member.role === "watcher" ? this.#refusalOf(member) : null;
      if (refusal) return new Response(refusal, { status: 403 });
      const { 0: client, 1: server } = new WebSocketPair();
      if (member.role === "agent") {
        this.#agents.open(server, member);
        this.#presence.opened();
        const { sessionId: newest } = member;
        this.ctx.waitUntil(this.#rows.ask({ isForAgent: true, watchers: "all", newest }));
      } else {
        this.#watchers.open(server, member);
        this.#telling.missed(server, member.since);
        this.ctx.waitUntil(this.#welcome(server));
      }
      this.#agents.tellWatchers(this.#watchers.count());
      await this.#watchAgent();
      return new Response(null, { status: 101, webSocket: client });
    }

    /** Hears what happened on the server, and hands it on. */
    async tell(news: HubNews): Promise<HubHeard> {
      const isAgentThere = await this.#presence.look();
      for (const one of news.jobs ?? []) this.#telling.job(one);
      if (news.isGap) this.#telling.gap();
      for (const message of news.toAgent ?? []) this.#agents.send(message);
      if (news.lookAt !== undefined) await lookBy(this.ctx.storage, news.lookAt);
      const { sessionId: newest, hasOrders } = news;
      if (hasOrders || newest !== undefined) {
        await this.#rows.ask({ isForAgent: true, watchers: "all", ...(newest && { newest }) });
      }
      this.#agents.endExpired();
      return { isAgentThere };
    }

    /** What is known of the server at this moment. */
    async look(): Promise<HubLook> {
      const isAgentThere = await this.#presence.look();
      const box = isAgentThere ? (this.#agents.known()?.box ?? null) : null;
      return { isAgentThere, box, runs: this.#agents.runs() };
    }

    override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
      const note = socket.deserializeAttachment() as AgentNote | WatcherNote;
      const read = readMessage(data);
      if (typeof read === "object" && note.role === "agent") {
        await this.#hear(socket, note, read.message);
        return;
      }
      const isUnreadable = read === "unreadable";
      if (isUnreadable) socket.close(HUB_CLOSE.unreadable, "not a message of this interface");
      else if (note.isStrange) return;
      else socket.serializeAttachment({ ...note, isStrange: true });
      const characters = typeof data === "string" ? data.length : data.byteLength;
      const of = { server_alias: this.#alias, role: note.role, characters };
      this.#context.log(isUnreadable ? "socket_message_unreadable" : "socket_message_unknown", of);
    }

    override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
      answerClose(socket, code, this.#context.log);
      await this.#leave(socket, GOING.includes(code));
    }

    override async webSocketError(socket: WebSocket): Promise<void> {
      await this.#leave(socket, false);
    }

    /** Looks at the server's rows when their time has come, without any cron, and at who is still there. */
    override async alarm(): Promise<void> {
      const { clock, log, settings } = this.#context;
      try {
        this.#watchers.endOver();
        this.#agents.tellWatchers(this.#watchers.count());
        const { nextAt } = await sweepServer(this.#context, this.#alias);
        if (nextAt !== null) {
          await lookBy(this.ctx.storage, Math.max(nextAt, clock() + LOOK_AGAIN_AFTER_MS));
        }
        if (await this.#presence.look()) {
          await this.#watchAgent();
          return;
        }
        await this.#presence.noteGone();
        await this.#rows.ask({ isForAgent: false, watchers: "all" });
      } catch (error) {
        log("hub_look_failed", { server_alias: this.#alias, ...errorTextOf(error) });
        await lookBy(this.ctx.storage, clock() + settings.durations.leaseGraceMs);
      }
    }

    async #hear(socket: WebSocket, note: AgentNote, message: AgentMessage): Promise<void> {
      const heardAt = this.#context.clock();
      if (message.type === "box") {
        const { forge, free_vram_bytes, loaded_checkpoint } = message;
        const box = { forge, freeVramBytes: free_vram_bytes, loadedCheckpoint: loaded_checkpoint };
        this.#agents.change(socket, { heardAt, box });
      } else {
        const runs = mergeRun(note.runs, message, heardAt);
        this.#agents.change(socket, runs ? { heardAt, runs } : { heardAt });
        const run = runs?.at(-1);
        if (run) await this.#telling.run(run, message, note.sessionId);
      }
      this.#agents.endExpired();
    }

    #refusalOf({ ticket, ownerId }: WatcherMember): JoinRefusal | null {
      if (!this.#watchers.hasRoom(ownerId)) return "too_many_watchers";
      if (ticket === null) return null;
      const isFresh = spendTicket(this.ctx.storage.kv, ticket, this.#context.clock());
      return isFresh ? null : "ticket_invalid";
    }

    /** How the server is, and then what runs. */
    async #welcome(socket: WebSocket): Promise<void> {
      await this.#rows.ask({ isForAgent: false, watchers: socket });
      await this.#telling.runsTo(socket);
    }

    /** While an agent is there the hub looks whether it still is: closely for those who watch. */
    async #watchAgent(): Promise<void> {
      const at = this.#presence.nextLookAt(this.#watchers.count() > 0);
      if (at !== null) await lookBy(this.ctx.storage, at);
    }

    async #leave(socket: WebSocket, isOnPurpose: boolean): Promise<void> {
      const note = socket.deserializeAttachment() as AgentNote | WatcherNote;
      if (note.role === "agent") await this.#presence.left(socket, note, isOnPurpose);
      else this.#agents.tellWatchers(this.#watchers.count());
    }
  };
}
