import type { ErrorCode, JobStatusView, StatusReason, WarningCode } from "@mobilesd/contract";
import type { FaultSettings } from "../../tunnel-agent/demo-forge/faults.ts";
import type { DemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import type { Lie, Lists } from "./lying-forge.ts";

/** Where a loss is noticed, from the earliest place on. */
export type Where =
  | "queued"
  | "before"
  | "after"
  /** What the agent sends, and when, leaves Forge no room for it. */
  | "never"
  /** Forge's own page does the same with the same settings: it is what was asked for. */
  | "meant"
  /** Nothing in Forge's answer tells. */
  | "unproved";

/** How a job ends, as the answer to its submission or the status route has it. */
export type Outcome =
  | `400 ${ErrorCode}`
  | `pending: ${StatusReason}`
  | `failed: ${StatusReason}`
  | "completed"
  | `completed, ${WarningCode}`;

/** What differs from a small job. `{ picture: "photo" }` stands for the upload of an input picture. */
export type Job = Readonly<Record<string, unknown>>;

/** A request to Forge or its answer, as JSON. */
export type Body = Record<string, unknown>;

/** What was seen of a job once it was over. */
export interface Seen {
  /** Every request to generate that the agent sent to Forge, before anything was changed on the way. */
  readonly sent: readonly Body[];
  /** Null where the job was refused. */
  readonly view: JobStatusView | null;
  /** The results as they can be downloaded. */
  readonly pictures: readonly Buffer[];
  /** The result of the small job as it was when nothing else had run. */
  readonly alone: Buffer;
  /** Options of Forge that are not what they were before the job. */
  readonly changedOptions: readonly string[];
  /** The most generations that were under way at once. */
  readonly mostAtOnce: number;
}

/** A server whose agent comes for the first time after the job was queued. */
export interface NewServer {
  /** Its Forge has never run anything, so that its config holds nothing yet. */
  readonly isFresh?: true;
  /** Its Forge was started without hashing; one that is fresh. */
  readonly hashesNothing?: true;
  /** What its owner does at Forge once the agent has looked at it, before the job is queued. */
  readonly ownerLater?: (forge: DemoForge) => Promise<unknown>;
  /** Its owner says that nobody else uses this Forge. */
  readonly isDedicated?: true;
  /** The agent is killed in the middle of the job, and comes again. */
  readonly isKilled?: true;
}

/** One place where a loss is noticed, and the job that proves it. */
export interface Scenario {
  readonly where: Where;
  readonly outcome: Outcome;
  /** The field that is named. */
  readonly field?: string;
  /** Why it cannot happen or why nobody can tell; or what becomes of the job. */
  readonly because?: string;
  /** What tells this job from the others of the same line. */
  readonly of?: string;
  readonly job: Job;
  /** Another job that is queued, and runs, right before. */
  readonly after?: Job;
  /** What somebody does at Forge itself before. */
  readonly owner?: (forge: DemoForge) => Promise<unknown>;
  /** What happens to request and answer on their way. */
  readonly lie?: Lie;
  /** What goes wrong inside Forge. */
  readonly fault?: Partial<FaultSettings>;
  readonly server?: NewServer;
  /** What else must be so: a value, and what it must equal. */
  readonly shows?: (seen: Seen) => readonly [actual: unknown, expected: unknown];
}

/** One way in which Forge loses, replaces, adds or keeps something in silence. */
export interface Loss {
  /** What somebody asks for or does. */
  readonly wish: string;
  /** What Forge makes of it where nobody looks. */
  readonly forge: string;
  readonly scenarios: readonly Scenario[];
}

export interface Chapter {
  /** The name of its table's file, and of the test that holds it. */
  readonly name: string;
  readonly title: string;
  /** What Forge lists for all jobs of the chapter. */
  readonly lists?: Lists;
  readonly losses: readonly Loss[];
}
