import { errorTextOf } from "../domain/error-text.ts";
import { EventLog, type Heard } from "../domain/event-log.ts";
import type { JobNews, LiveRun } from "../domain/hub.ts";
import { findRun, progressEventOf, type RunMessage } from "../domain/runs.ts";
import { jobEventOf } from "../domain/watching.ts";
import type { Context } from "../services/context.ts";
import { ownerOfRun, type ServerRows } from "../services/live/hub-rows.ts";
import type { AgentSockets } from "./agent-sockets.ts";
import { RunOwners } from "./run-owners.ts";
import type { WatcherSockets } from "./watcher-sockets.ts";

interface Parts {
  readonly alias: string;
  readonly context: Context;
  readonly agents: AgentSockets;
  readonly watchers: WatcherSockets;
}

/** What those who watch a server are told, in the order in which the hub hears of it. */
export class Telling {
  readonly #alias: string;
  readonly #context: Context;
  readonly #agents: AgentSockets;
  readonly #watchers: WatcherSockets;
  readonly #events: EventLog;
  readonly #owners: RunOwners;

  constructor({ alias, context, agents, watchers }: Parts) {
    this.#alias = alias;
    this.#context = context;
    this.#agents = agents;
    this.#watchers = watchers;
    this.#events = new EventLog(context.uuid());
    this.#owners = new RunOwners((run) => ownerOfRun(context, alias, run));
  }

  /** A row changed. */
  job(news: JobNews): void {
    const { epoch, event, ownerId } = news;
    const jobId = event.mobilesd_job_id;
    const heard = this.#events.add(jobEventOf(news, this.#agents.runs()), ownerId);
    const isOver = event.status !== "pending" && event.status !== "processing";
    if (event.status === "processing") this.#owners.runs({ jobId, epoch }, ownerId);
    if (isOver) {
      this.#owners.isOver({ jobId, epoch });
      this.#events.forgetPreview(jobId);
    }
    this.#agents.forgetRun(jobId, epoch, isOver);
    this.#toAll(heard);
  }

  /** A running job moved: whoever may see it hears of it, if the agent's session holds it. */
  async run(run: LiveRun, message: RunMessage, sessionId: string): Promise<void> {
    if (this.#watchers.count() === 0) return;
    const ownerId = await this.#ownerOf(run, sessionId);
    if (ownerId === null) return;
    if (message.type === "progress") {
      this.#toAll(this.#events.add(progressEventOf(run), ownerId));
      return;
    }
    const { index, width, height, webp } = message;
    const preview = {
      type: "preview",
      mobilesd_job_id: run.jobId,
      sequence: [run.epoch, run.n] as [number, number],
      status: "processing",
      ...{ index, width, height, webp },
    } as const;
    this.#toAll(this.#events.add(preview, ownerId));
  }

  /** Whether the server is there, and its mode, as its rows and its sockets say together. */
  server({ isSeen, mode }: ServerRows, to: ReadonlySet<WebSocket | "all">): void {
    const is_present = this.#agents.isThere() || isSeen;
    const event = { type: "server", server_alias: this.#alias, is_present, mode } as const;
    if (to.has("all")) {
      this.#toAll(this.#events.add(event, null));
      return;
    }
    const heard: Heard = { event: { id: this.#events.lastId(), ...event }, ownerId: null };
    for (const socket of to) if (socket !== "all") this.#watchers.tellOne(socket, [heard]);
  }

  /** Everybody who watches missed something. */
  gap(): void {
    this.#toAll(this.#events.add({ type: "gap" }, null));
  }

  /** What somebody missed who comes back, or that it cannot be told any more. */
  missed(socket: WebSocket, since: string | null): void {
    if (since === null) return;
    const gap: Heard = { event: { id: this.#events.lastId(), type: "gap" }, ownerId: null };
    this.#watchers.tellOne(socket, this.#events.since(since) ?? [gap]);
  }

  /** What runs at this moment, for somebody who just came: told as of now, so that no id goes back. */
  async runsTo(socket: WebSocket): Promise<void> {
    const sessionId = this.#agents.known()?.sessionId ?? "";
    for (const run of this.#agents.runs()) {
      const ownerId = await this.#ownerOf(run, sessionId);
      if (ownerId === null) continue;
      const preview = this.#events.previewOf(run.jobId, run.epoch);
      const id = this.#events.lastId();
      const progress: Heard = { event: { id, ...progressEventOf(run) }, ownerId };
      const told = [
        ...(preview ? [{ ...preview, event: { ...preview.event, id } }] : []),
        progress,
      ];
      this.#watchers.tellOne(socket, told);
    }
  }

  /** Null: the session does not hold it, it ended while its row was read, or the row could not be read. */
  async #ownerOf(run: LiveRun, sessionId: string): Promise<string | null> {
    const { jobId, epoch } = run;
    try {
      const ownerId = await this.#owners.of(run, sessionId);
      if (ownerId === null) this.#agents.forgetRun(jobId, epoch, true);
      return findRun(this.#agents.runs(), jobId, epoch) ? ownerId : null;
    } catch (error) {
      this.#context.log("run_owner_unread", errorTextOf(error));
      return null;
    }
  }

  #toAll(heard: Heard): void {
    this.#watchers.tellAll(heard);
    this.#agents.tellWatchers(this.#watchers.count());
  }
}
