import * as z from "zod";
import * as access from "./access.ts";
import * as agent from "./agent.ts";
import type { ErrorCode } from "./errors.ts";
import * as events from "./events.ts";
import { ImageName, JobId, ServerAlias, UploadId } from "./ids.ts";
import * as job from "./job.ts";
import { LIMITS } from "./limits.ts";
import { ServerChange, ServerList, ServerView } from "./server.ts";

/**
 * Who may call a route: anyone, whoever holds a signed URL or a ticket (or reads the job), a key with one of
 * two permissions, or a key with one.
 */
export type Access =
  | "public"
  | "signed_or_jobs:read"
  | "ticket_or_jobs:read"
  | "jobs:submit_or_jobs:read"
  | access.Permission;

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodType;
  /** Takes an `Idempotency-Key`, under which a repeated request answers what the first did. */
  readonly isIdempotent?: true;
  /** A schema for JSON, or "bytes" for a raw body that is streamed. */
  readonly body?: z.ZodType | "bytes";
  /** Bytes of a JSON body, where it may be larger than `jsonBodyBytesMax`. */
  readonly bodyBytesMax?: number;
  /** Asked also by those who have nothing to do: it is not noted when the key was used for it. */
  readonly isIdle?: true;
  readonly status: 101 | 200 | 201 | 204;
  /** A schema for JSON, "bytes" for a stream, "socket" or "events" for what goes on, or none with 204. */
  readonly response?: z.ZodType | "bytes" | "socket" | "events";
  /** What it can answer beside `internal`, `unavailable` and what its access and its schemas imply. */
  readonly errors: readonly ErrorCode[];
}

const jobParams = z.strictObject({ id: JobId });
const imageParams = z.strictObject({ name: ImageName });
const resultParams = z.strictObject({
  id: JobId,
  index: z.coerce.number().int().min(1).max(LIMITS.imagesPerJobMax),
});

const serverParams = z.strictObject({ alias: ServerAlias });

const AGENT_ERRORS = ["session_unknown", "session_superseded"] as const satisfies ErrorCode[];
const LEASE_ERRORS = [...AGENT_ERRORS, "not_found", "lease_lost", "job_cancelled"] as const;

/** The one table of routes: Hono is wired from it, the client is typed by it, the docs are written from it. */
export const ROUTES = {
  health: {
    method: "GET",
    path: "/healthz",
    access: "public",
    summary: "Liveness, with a look at D1 and R2",
    status: 200,
    response: z.object({ status: z.literal("ok"), version: z.string(), server_time: z.string() }),
    errors: [],
  },

  submitJob: {
    method: "POST",
    path: "/api/v2/generate",
    access: "jobs:submit",
    summary: "Queue a job; with `dry_run` only say where it would stand",
    isIdempotent: true,
    body: job.SubmitJob,
    status: 200,
    response: z.union([job.SubmitAnswer, job.DryRunAnswer]),
    errors: [
      "unknown_server",
      "unknown_name",
      "ambiguous_name",
      "unknown_upload",
      "not_built",
      "idempotency_key_reused",
    ],
  },
  createUpload: {
    method: "POST",
    path: "/api/v2/uploads",
    access: "jobs:submit",
    summary: "Hand over an input picture before the job that uses it",
    body: "bytes",
    status: 201,
    response: job.Upload,
    errors: ["invalid_image", "length_required", "body_too_large", "unsupported_media_type"],
  },
  listJobs: {
    method: "GET",
    path: "/api/v1/queue/jobs",
    access: "jobs:read",
    summary: "Jobs, newest first, by filters and cursor",
    query: job.ListJobsQuery,
    status: 200,
    response: job.JobList,
    errors: [],
  },
  getJob: {
    method: "GET",
    path: "/api/v1/queue/jobs/:id",
    access: "jobs:read",
    summary: "Everything about one job",
    params: jobParams,
    status: 200,
    response: job.JobView,
    errors: ["not_found"],
  },
  getJobStatus: {
    method: "GET",
    path: "/api/v1/queue/jobs/:id/status",
    access: "jobs:read",
    summary: "Status, position, estimates and pictures of one job",
    params: jobParams,
    status: 200,
    response: job.JobStatusView,
    errors: ["not_found"],
  },
  cancelJob: {
    method: "POST",
    path: "/api/v1/queue/jobs/:id/cancel",
    access: "jobs:manage",
    summary: "Cancel: a pending job at once, a running one through its agent",
    params: jobParams,
    status: 200,
    response: job.CancelAnswer,
    errors: ["not_found", "already_finished"],
  },
  retryJob: {
    method: "POST",
    path: "/api/v1/queue/jobs/:id/retry",
    access: "jobs:submit",
    summary: "Queue a finished job once more, as a new job",
    params: jobParams,
    isIdempotent: true,
    status: 200,
    response: job.SubmitAnswer,
    errors: [
      "not_found",
      "invalid_request",
      "unknown_server",
      "unknown_name",
      "ambiguous_name",
      "unknown_upload",
      "job_not_finished",
      "idempotency_key_reused",
    ],
  },
  deleteJob: {
    method: "DELETE",
    path: "/api/v1/queue/jobs/:id",
    access: "jobs:manage",
    summary: "Delete a job with its rows and pictures",
    params: jobParams,
    status: 204,
    errors: ["not_found", "job_processing"],
  },

  previewImage: {
    method: "GET",
    path: "/api/v1/images/preview/:name",
    access: "signed_or_jobs:read",
    summary: "The small WebP of a picture",
    params: imageParams,
    status: 200,
    response: "bytes",
    errors: ["not_found", "range_not_satisfiable"],
  },
  downloadImage: {
    method: "GET",
    path: "/api/v1/images/download/:name",
    access: "signed_or_jobs:read",
    summary: "The very bytes that Forge gave",
    params: imageParams,
    status: 200,
    response: "bytes",
    errors: ["not_found", "range_not_satisfiable"],
  },

  listServers: {
    method: "GET",
    path: "/api/v1/servers",
    access: "jobs:submit_or_jobs:read",
    summary: "The GPU boxes that jobs can name",
    status: 200,
    response: ServerList,
    errors: [],
  },
  pauseServer: {
    method: "POST",
    path: "/api/v1/servers/:alias/pause",
    access: "servers:manage",
    summary: "Let no further job begin there; the running one may end",
    params: serverParams,
    status: 200,
    response: ServerChange,
    errors: ["not_found"],
  },
  resumeServer: {
    method: "POST",
    path: "/api/v1/servers/:alias/resume",
    access: "servers:manage",
    summary: "Let it take jobs again",
    params: serverParams,
    status: 200,
    response: ServerChange,
    errors: ["not_found"],
  },
  drainServer: {
    method: "POST",
    path: "/api/v1/servers/:alias/drain",
    access: "servers:manage",
    summary: "Let it finish what it holds and take nothing more, to be switched off",
    params: serverParams,
    status: 200,
    response: ServerChange,
    errors: ["not_found"],
  },
  unloadModel: {
    method: "POST",
    path: "/api/v1/servers/:alias/unload",
    access: "servers:manage",
    summary: "Take the model out of the GPU's memory as soon as nothing runs there",
    params: serverParams,
    status: 200,
    response: ServerChange,
    errors: ["not_found", "server_away"],
  },

  events: {
    method: "GET",
    path: "/api/v1/events",
    access: "ticket_or_jobs:read",
    summary: "What happens on one server, live: a WebSocket, or server-sent events",
    query: events.EventsQuery,
    isIdle: true,
    status: 200,
    response: "events",
    errors: ["not_found", "ticket_invalid", "too_many_watchers"],
  },
  createEventTicket: {
    method: "POST",
    path: "/api/v1/events/tickets",
    access: "jobs:read",
    summary: "Make a one-use ticket for a page that cannot send headers",
    body: events.CreateEventTicket,
    status: 201,
    response: events.EventTicket,
    errors: ["unknown_server"],
  },

  setUp: {
    method: "POST",
    path: "/api/v1/setup",
    access: "public",
    summary: "Make the first owner's key, once, with the setup token",
    body: access.SetUp,
    status: 201,
    response: access.NewKey,
    errors: ["setup_token_invalid", "already_set_up"],
  },
  createPairing: {
    method: "POST",
    path: "/api/v1/pairings",
    access: "keys:manage",
    summary: "Make a one-time code for a page, a Forge extension or an agent",
    body: access.CreatePairing,
    status: 201,
    response: access.Pairing,
    errors: [],
  },
  claimPairing: {
    method: "POST",
    path: "/api/v1/pairings/claim",
    access: "public",
    summary: "Turn a one-time code into a page session or a key",
    body: access.ClaimPairing,
    status: 201,
    response: access.PairingClaimed,
    errors: ["pairing_code_invalid", "cross_site_request"],
  },
  signIn: {
    method: "POST",
    path: "/api/v1/session",
    access: "public",
    summary: "Start a page session with a key",
    body: access.SignIn,
    status: 201,
    response: access.PageSession,
    errors: ["invalid_credentials", "cross_site_request"],
  },
  signOut: {
    method: "DELETE",
    path: "/api/v1/session",
    access: "public",
    summary: "End the page session",
    status: 204,
    errors: ["cross_site_request"],
  },

  hello: {
    method: "POST",
    path: "/api/v1/agent/hello",
    access: "agent",
    summary: "Start an agent's session",
    body: agent.Hello,
    status: 200,
    response: agent.HelloAnswer,
    errors: [],
  },
  putCatalogue: {
    method: "PUT",
    path: "/api/v1/agent/catalogue",
    access: "agent",
    summary: "Report what this box's Forge has",
    body: agent.Catalogue,
    bodyBytesMax: LIMITS.catalogueBytesMax,
    status: 204,
    errors: AGENT_ERRORS,
  },
  claimJob: {
    method: "POST",
    path: "/api/v1/agent/claim",
    access: "agent",
    summary: "Take the next job under a lease; `job: null` when there is none",
    body: agent.Claim,
    isIdle: true,
    status: 200,
    response: agent.ClaimAnswer,
    errors: AGENT_ERRORS,
  },
  joinHub: {
    method: "GET",
    path: "/api/v1/agent/hub",
    access: "agent",
    summary: "The agent's socket: hears of work and cancels, tells of progress",
    isIdle: true,
    status: 101,
    response: "socket",
    errors: [...AGENT_ERRORS, "socket_expected"],
  },
  getOwnServer: {
    method: "GET",
    path: "/api/v1/agent/server",
    access: "agent",
    summary: "The agent's own server as its users see it",
    isIdle: true,
    status: 200,
    response: ServerView,
    errors: [],
  },
  startJob: {
    method: "POST",
    path: "/api/v1/agent/jobs/:id/start",
    access: "agent",
    summary: "Say that the job goes to Forge now: the one place where an attempt is counted",
    params: jobParams,
    body: agent.Start,
    status: 200,
    response: agent.StartAnswer,
    errors: LEASE_ERRORS,
  },
  heartbeat: {
    method: "POST",
    path: "/api/v1/agent/jobs/:id/heartbeat",
    access: "agent",
    summary: "Keep the lease, and hear of a cancel",
    params: jobParams,
    body: agent.LeaseProof,
    status: 200,
    response: agent.HeartbeatAnswer,
    errors: LEASE_ERRORS,
  },
  failJob: {
    method: "POST",
    path: "/api/v1/agent/jobs/:id/fail",
    access: "agent",
    summary: "Say why a run gave no result",
    params: jobParams,
    body: agent.Fail,
    status: 200,
    response: agent.LeaseEnded,
    errors: LEASE_ERRORS,
  },
  releaseJob: {
    method: "POST",
    path: "/api/v1/agent/jobs/:id/release",
    access: "agent",
    summary: "Give a job back, at no attempt's cost, or acknowledge its cancel",
    params: jobParams,
    body: agent.Release,
    status: 200,
    response: agent.LeaseEnded,
    errors: LEASE_ERRORS,
  },
  completeJob: {
    method: "POST",
    path: "/api/v1/agent/jobs/:id/complete",
    access: "agent",
    summary: "Finish a job whose pictures are all stored",
    params: jobParams,
    body: agent.Complete,
    status: 200,
    response: agent.LeaseEnded,
    errors: [...LEASE_ERRORS, "image_missing", "already_finished"],
  },
  putImage: {
    method: "PUT",
    path: "/api/v1/agent/jobs/:id/images/:index",
    access: "agent",
    summary: "Store one picture of a job",
    params: resultParams,
    body: "bytes",
    status: 201,
    response: agent.StoredImage,
    errors: [
      ...LEASE_ERRORS,
      "length_required",
      "body_too_large",
      "unsupported_media_type",
      "invalid_image",
      "checksum_mismatch",
      "image_conflict",
    ],
  },
  putPreview: {
    method: "PUT",
    path: "/api/v1/agent/jobs/:id/previews/:index",
    access: "agent",
    summary: "Store the small WebP of one picture",
    params: resultParams,
    body: "bytes",
    status: 201,
    response: agent.StoredImage,
    errors: [
      ...LEASE_ERRORS,
      "length_required",
      "body_too_large",
      "unsupported_media_type",
      "invalid_image",
      "checksum_mismatch",
      "image_conflict",
    ],
  },
  getAgentUpload: {
    method: "GET",
    path: "/api/v1/agent/uploads/:id",
    access: "agent",
    summary: "The bytes of an input picture of a job that this agent holds",
    params: z.strictObject({ id: UploadId }),
    status: 200,
    response: "bytes",
    errors: [...AGENT_ERRORS, "not_found"],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
