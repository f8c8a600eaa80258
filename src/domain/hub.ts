/**
 * What a hub is told and what it tells: the words between the verbs and the Durable Object of a server. A hub
 * holds sockets, the progress of what runs, and the last events for those who come back; none of it is truth.
 */
import type { ForgeState, HubMessage, JobEvent, RunPhase } from "@mobilesd/contract";

/** An agent that opens its socket; the Worker has looked at its key and its session. */
export interface AgentMember {
  readonly role: "agent";
  readonly sessionId: string;
  /** Milliseconds since the epoch after which its key is to be looked at anew. */
  readonly until: number;
}

/** Somebody who wants to hear what happens; the Worker has looked at their credentials. */
export interface WatcherMember {
  readonly role: "watcher";
  /** Whose jobs it may see; null: every owner's. */
  readonly ownerId: string | null;
  /** Where the watcher reaches the queue: what addresses of pictures begin with. */
  readonly origin: string;
  /** The id of the last event that it heard, or null. */
  readonly since: string | null;
  /** Milliseconds since the epoch at which its socket ends. */
  readonly until: number;
  /** Of a ticket: spent by this connection. Null where credentials were shown. */
  readonly ticket: Ticket | null;
}

/** What makes a ticket one that is used once. */
export interface Ticket {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who opens a socket. */
export type Member = AgentMember | WatcherMember;

/** Why a hub takes a member not in. */
export type JoinRefusal = "ticket_invalid" | "too_many_watchers" | "unavailable";

/** A row that changed, for those who may see it. Addresses of pictures in it begin with a slash. */
export interface JobNews {
  readonly ownerId: string;
  readonly epoch: number;
  readonly event: Omit<JobEvent, "id" | "sequence" | "progress">;
}

/** What happened on a server; every part of it may be missing. */
export interface HubNews {
  readonly jobs?: readonly JobNews[];
  /** For the agent, if it is connected. */
  readonly toAgent?: readonly HubMessage[];
  /** The session that counts from now on: sockets of any other are told so and closed. */
  readonly sessionId?: string;
  /** The row has an order that may not have been heard: the hub reads it, its agent and those who watch hear it. */
  readonly hasOrders?: true;
  /** More happened than is told here: those who watch ask anew. */
  readonly isGap?: true;
  /** The hub sees to it that the server's rows are looked at by then. Milliseconds since the epoch. */
  readonly lookAt?: number;
}

export interface HubHeard {
  /** Whether an agent's socket that showed life lately took what was meant for it. */
  readonly isAgentThere: boolean;
}

/** A running job as its agent last told of it. */
export interface LiveRun {
  readonly jobId: string;
  readonly epoch: number;
  readonly n: number;
  readonly progress: number;
  readonly phase: RunPhase;
  /** Milliseconds since the epoch; null while it cannot be told. */
  readonly endsAt: number | null;
}

/** How a box is, as its agent last told. */
export interface BoxState {
  readonly forge: ForgeState;
  readonly freeVramBytes: number | null;
  readonly loadedCheckpoint: string | null;
}

/** What a hub knows of its server at this moment. */
export interface HubLook {
  /** Whether an agent's socket stands that showed life lately. */
  readonly isAgentThere: boolean;
  readonly box: BoxState | null;
  readonly runs: readonly LiveRun[];
}

/** What is known of a server whose hub cannot be asked. */
export const UNKNOWN_LOOK: HubLook = { isAgentThere: false, box: null, runs: [] };
