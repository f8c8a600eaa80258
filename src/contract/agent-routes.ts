import * as z from "zod";
import * as agent from "./agent.ts";
import type { ErrorCode } from "./errors.ts";
import { JobId, UploadId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Route } from "./route.ts";
import { ServerView } from "./server.ts";

const jobParams = z.strictObject({ id: JobId });
const resultParams = z.strictObject({
  id: JobId,
  index: z.coerce.number().int().min(1).max(LIMITS.imagesPerJobMax),
});

const AGENT_ERRORS = ["session_unknown", "session_superseded"] as const satisfies ErrorCode[];
const LEASE_ERRORS = [...AGENT_ERRORS, "not_found", "lease_lost", "job_cancelled"] as const;
const STORE_ERRORS = [
  ...LEASE_ERRORS,
  "length_required",
  "body_too_large",
  "unsupported_media_type",
  "invalid_image",
  "checksum_mismatch",
  "image_conflict",
] as const satisfies ErrorCode[];

/** What the agent beside a Forge asks of the queue; part of the table of routes. */
export const AGENT_ROUTES = {
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
    errors: STORE_ERRORS,
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
    errors: STORE_ERRORS,
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
