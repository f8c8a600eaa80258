import { DurableObject } from "cloudflare:workers";
import { AgentMessage, HUB_CLOSE, HUB_PING, HUB_PONG, LIMITS } from "@mobilesd/contract";
import { errorTextOf } from "../domain/error-text.ts";
import { EventLog, type Heard } from "../domain/event-log.ts";
import type {
  AgentMember,
  HubHeard,
  HubLook,
  HubNews,
  JobNews,
  JoinRefusal,
  LiveRun,
  Member,
  WatcherMember,
} from "../domain/hub.ts";
import { mergeRun, progressEventOf, type RunMessage } from "../domain/runs.ts";
import { jobEventOf } from "../domain/watching.ts";
import type { Context } from "../services/context.ts";
import { ownerOfRun, readServer } from "../services/live/hub-rows.ts";
import { sweepServer } from "../services/upkeep/sweep.ts";
import { type AgentNote, AgentSockets } from "./agent-sockets.ts";
import { RunOwners } from "./run-owners.ts";
import { spendTicket } from "./tickets.ts";
import { type WatcherNote, WatcherSockets } from "./watcher-sockets.ts";

/** What a hub needs of the installation: the verbs' context, with work that goes on behind an answer. */
type ContextOf = (env: object, state: Pick<DurableObjectState, "waitUntil">) => Context;

/** Rows that a look could not move are looked at again after this, not at once. */
const LOOK_AGAIN_AFTER_MS = 1_000;

/** Close codes of an agent that goes on purpose; any other loss may be over in a moment. */
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
    readonly #events: EventLog;
    readonly #owners: RunOwners;

    constructor(state: DurableObjectState, env: object) {
      super(state, env);
      const context = contextOf(env, state);
      this.#context = context;
      this.#alias = state.id.name ?? "";
      const { agentSilentAfterMs } = context.settings.durations;
      this.#agents = new AgentSockets(state, context.clock, agentSilentAfterMs);
      this.#watchers = new WatcherSockets(state, context.clock);
      this.#events = new EventLog(context.uuid());
      this.#owners = new RunOwners((run) => ownerOfRun(context, this.#alias, run));
      state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HUB_PING, HUB_PONG));
    }

    /** Opens a socket for the member in the address. The Worker has let it in; nobody else reaches a hub. */
    override async fetch(request: Request): Promise<Response> {
      const member = JSON.parse(new URL(request.url).searchParams.get("member") ?? "") as Member;
      const refusal = member.role === "watcher" ? this.#refusalOf(member) : null;
      if (refusal) return new Response(refusal, { status: 403 });
      const { 0: client, 1: server } = new WebSocketPair();
      if (member.role === "agent") await this.#openAgent(server, member);
      else this.#openWatcher(server, member);
      return new Response(null, { status: 101, webSocket: client });
    }

    /** Hears what happened to the server's rows, and hands it on. */
    async tell(news: HubNews): Promise<HubHeard> {
      for (const one of news.jobs ?? []) this.#hearOfJob(one);
      for (const message of news.toAgent ?? []) this.#agents.send(message);
      if (news.mode !== undefined) this.#agents.setMode(news.mode);
      const isAgentThere = this.#agents.isThere();
      if (news.sessionId !== undefined) await this.#keepOneSession(news.sessionId);
      if (news.mode !== undefined) await this.#tellServer();
      if (news.lookAt !== undefined) await this.#lookBy(news.lookAt);
      return { isAgentThere };
    }

    /** What is known of the server at this moment. */
    look(): HubLook {
      const known = this.#agents.known();
      const isAgentThere = this.#agents.isThere();
      return { isAgentThere, box: known?.box ?? null, runs: known?.runs ?? [] };
    }

    override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
      const note = socket.deserializeAttachment() as AgentNote | WatcherNote;
      const message = note.role === "agent" ? readMessage(data) : undefined;
      if (note.role !== "agent" || message === undefined) {
        const characters = typeof data === "string" ? data.length : data.byteLength;
        this.#context.log("message_unreadable", { role: note.role, characters });
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
      if (run && this.#watchers.count() > 0) await this.#tellRun(run, message, note.sessionId);
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
        if (!this.#agents.isThere()) await this.#tellServer();
        if (nextAt !== null) await this.#lookBy(Math.max(nextAt, clock() + LOOK_AGAIN_AFTER_MS));
      } catch (error) {
        log("hub_alarm_failed", errorTextOf(error));
        await this.#lookBy(clock() + settings.durations.leaseGraceMs);
      }
    }

    #refusalOf({ ticket }: WatcherMember): JoinRefusal | null {
      if (this.#watchers.count() >= LIMITS.watchersMax) return "too_many_watchers";
      if (ticket === null) return null;
      const isFresh = spendTicket(this.ctx.storage.kv, ticket, this.#context.clock());
      return isFresh ? null : "ticket_invalid";
    }

    async #openAgent(socket: WebSocket, member: AgentMember): Promise<void> {
      this.#agents.open(socket, member);
      this.#agents.tellWatchers(this.#watchers.count());
      await this.#keepOneSession(member.sessionId);
      await this.#tellServer();
    }

    #openWatcher(socket: WebSocket, member: WatcherMember): void {
      this.#watchers.open(socket, member);
      const id = this.#events.lastId();
      const missed = member.since === null ? [] : this.#events.since(member.since);
      const gap: Heard = { event: { id, type: "gap" }, ownerId: null };
      this.#watchers.tellOne(socket, missed ?? [gap]);
      const is_present = member.isSeen || this.#agents.isThere();
      const { mode } = member;
      const server = { id, type: "server", server_alias: this.#alias, is_present, mode } as const;
      this.#watchers.tellOne(socket, [{ event: server, ownerId: null }]);
      this.#agents.tellWatchers(this.#watchers.count());
      this.ctx.waitUntil(this.#tellRunsTo(socket));
    }

    /** What runs at this moment, for somebody who just came. */
    async #tellRunsTo(socket: WebSocket): Promise<void> {
      const known = this.#agents.known();
      for (const run of known?.runs ?? []) {
        const ownerId = await this.#ownerOf(run, known?.sessionId ?? "");
        if (ownerId === null) continue;
        const preview = this.#events.previewOf(run.jobId, run.epoch);
        const progress = { id: this.#events.lastId(), ...progressEventOf(run) };
        const told = [...(preview ? [preview] : []), { event: progress, ownerId }];
        this.#watchers.tellOne(socket, told);
      }
    }

    /** A running job moved: whoever may see it hears of it, if the agent holds it. */
    async #tellRun(run: LiveRun, message: RunMessage, sessionId: string): Promise<void> {
      const ownerId = await this.#ownerOf(run, sessionId);
      if (ownerId === null) return;
      const { jobId, epoch, n } = run;
      const sequence: [number, number] = [epoch, n];
      const of = { mobilesd_job_id: jobId, sequence, status: "processing" } as const;
      if (message.type === "preview") {
        const { index, width, height, webp } = message;
        const preview = { type: "preview", ...of, index, width, height, webp } as const;
        this.#tellAll(this.#events.add(preview, ownerId));
      } else {
        this.#tellAll(this.#events.add(progressEventOf(run), ownerId));
      }
    }

    async #ownerOf(run: LiveRun, sessionId: string): Promise<string | null> {
      try {
        const ownerId = await this.#owners.of(run, sessionId);
        if (ownerId === null) this.#agents.forgetRun(run.jobId, run.epoch, true);
        return ownerId;
      } catch (error) {
        this.#context.log("run_owner_unknown", errorTextOf(error));
        return null;
      }
    }

    #hearOfJob(news: JobNews): void {
      const { epoch, event, ownerId } = news;
      const jobId = event.mobilesd_job_id;
      const heard = this.#events.add(jobEventOf(news, this.#agents.known()?.runs ?? []), ownerId);
      const isOver = event.status !== "pending" && event.status !== "processing";
      if (event.status !== "pending") this.#owners.note({ jobId, epoch }, isOver ? null : ownerId);
      if (isOver) this.#events.forgetPreview(jobId);
      this.#agents.forgetRun(jobId, epoch, isOver);
      this.#tellAll(heard);
    }

    #tellAll(heard: Heard): void {
      this.#watchers.tellAll(heard);
      this.#agents.tellWatchers(this.#watchers.count());
    }

    /** Tells those who watch whether the server is there, and its mode. */
    async #tellServer(): Promise<void> {
      if (this.#watchers.count() === 0) return;
      try {
        const seen = await readServer(this.#context, this.#alias);
        if (!seen) return;
        const is_present = this.#agents.isThere() || seen.isSeen;
        const of = { server_alias: this.#alias, is_present, mode: seen.mode };
        this.#tellAll(this.#events.add({ type: "server", ...of }, null));
      } catch (error) {
        this.#context.log("server_unseen", errorTextOf(error));
      }
    }

    /** Of two sessions the rows say which counts; should they not answer, the one that just came does. */
    async #keepOneSession(newest: string): Promise<void> {
      if (!this.#agents.hasOtherThan(newest)) return;
      try {
        const seen = await readServer(this.#context, this.#alias);
        this.#agents.supersedeAllBut(seen?.sessionId ?? newest);
      } catch (error) {
        this.#context.log("session_unseen", errorTextOf(error));
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
      if (this.#watchers.count() === 0 || this.#agents.isThere()) return;
      const { clock, settings } = this.#context;
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
