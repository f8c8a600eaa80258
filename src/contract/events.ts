import * as z from "zod";
import { ServerAlias } from "./ids.ts";
import { JobStatus, JobView } from "./job.ts";
import { LIMITS } from "./limits.ts";
import { ServerMode } from "./server.ts";

/**
 * Where an event stands in the life of its job: the epoch of the lease, and what the agent counted since it
 * got that lease. A later epoch comes after every earlier one. Within one the count orders `progress` and
 * `preview`, while `job` events are ordered by their `last_updated_timestamp`: theirs is the last count that
 * the hub knows, which may have forgotten it.
 */
export const Sequence = z.tuple([z.int().min(0), z.int().min(0)]);
export type Sequence = z.infer<typeof Sequence>;

/** What a running job is at. `waiting`: in Forge's own line, behind another generation. */
export const RunPhase = z.enum(["waiting", "loading", "drawing", "finishing"]);
export type RunPhase = z.infer<typeof RunPhase>;

/** Opaque: handed back as `since` (or `Last-Event-ID`) it resumes behind this event. */
const id = z.string().max(LIMITS.eventIdCharsMax);

const ofJob = { id, mobilesd_job_id: z.string(), sequence: Sequence };

/** A row changed: enough to redraw the job. `job` is null once it is deleted. */
export const JobEvent = z.object({
  type: z.literal("job"),
  ...ofJob,
  status: JobStatus.nullable(),
  /** 0 to 99 while the job is open, 100 with `completed`. */
  progress: z.int().min(0).max(100),
  job: JobView.nullable(),
});
export type JobEvent = z.infer<typeof JobEvent>;

/** How far a running job is; within one lease it never goes back. */
export const ProgressEvent = z.object({
  type: z.literal("progress"),
  ...ofJob,
  status: z.literal("processing"),
  progress: z.int().min(0).max(99),
  phase: RunPhase,
  estimated_completion_time: z.string().nullable(),
});
export type ProgressEvent = z.infer<typeof ProgressEvent>;

/** What a running job's picture looks like at this moment. */
export const PreviewEvent = z.object({
  type: z.literal("preview"),
  ...ofJob,
  status: z.literal("processing"),
  /** 0: the picture as it grows. From 1 on: the finished picture of that number, before it is stored. */
  index: z.int().min(0).max(LIMITS.imagesPerJobMax),
  width: z.int().min(1),
  height: z.int().min(1),
  /** A WebP in base64. */
  webp: z.base64(),
});
export type PreviewEvent = z.infer<typeof PreviewEvent>;

/** A box came, went, or was told to pause. */
export const ServerEvent = z.object({
  type: z.literal("server"),
  id,
  server_alias: z.string(),
  is_present: z.boolean(),
  mode: ServerMode,
});
export type ServerEvent = z.infer<typeof ServerEvent>;

/** Something was missed: whoever gets this asks anew for what it shows. */
export const GapEvent = z.object({ type: z.literal("gap"), id });
export type GapEvent = z.infer<typeof GapEvent>;

/** What a watcher of a server hears: a message of the socket, or the data of a server-sent event. */
export const LiveEvent = z.discriminatedUnion("type", [
  JobEvent,
  ProgressEvent,
  PreviewEvent,
  ServerEvent,
  GapEvent,
]);
export type LiveEvent = z.infer<typeof LiveEvent>;

export const EventsQuery = z.strictObject({
  server: ServerAlias,
  /** The `id` of the last event that was heard; nothing before it is told again. */
  since: id.optional(),
  /** In place of credentials, for a page that cannot send headers. */
  ticket: z.string().max(1_000).optional(),
});
export type EventsQuery = z.infer<typeof EventsQuery>;

export const CreateEventTicket = z.strictObject({ server_alias: ServerAlias });
export type CreateEventTicket = z.infer<typeof CreateEventTicket>;

/** Opens `url` once, until `expires_at`; the key that made it is asked for its permissions then. */
export const EventTicket = z.object({
  ticket: z.string(),
  /** The socket's address with the ticket in it. */
  url: z.string(),
  expires_at: z.string(),
});
export type EventTicket = z.infer<typeof EventTicket>;
