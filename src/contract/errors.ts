import * as z from "zod";

type Retry = "never" | "later";

/** Every failure that may cross a wire. Status, retry advice and title live here and nowhere else. */
export const ERRORS = {
  credentials_required: { status: 401, retry: "never", title: "API key and secret are required" },
  invalid_credentials: { status: 401, retry: "never", title: "Invalid API credentials" },
  pairing_code_invalid: {
    status: 401,
    retry: "never",
    title: "This code is used, expired or wrong",
  },
  setup_token_invalid: { status: 401, retry: "never", title: "The setup token is wrong" },
  forbidden: { status: 403, retry: "never", title: "This key may not do that" },
  cross_site_request: { status: 403, retry: "never", title: "Request from another site" },
  not_found: { status: 404, retry: "never", title: "There is no such thing here" },
  method_not_allowed: { status: 405, retry: "never", title: "This address has another method" },
  invalid_request: { status: 400, retry: "never", title: "The request is not valid" },
  unknown_server: { status: 400, retry: "never", title: "No such server" },
  unknown_name: { status: 400, retry: "never", title: "The server has nothing of that name" },
  ambiguous_name: { status: 400, retry: "never", title: "The name fits more than one" },
  not_built: { status: 400, retry: "never", title: "This is not built yet" },
  invalid_image: { status: 400, retry: "never", title: "Not a picture that can be used" },
  unknown_upload: { status: 400, retry: "never", title: "No such upload" },
  body_too_large: { status: 413, retry: "never", title: "The body is too large" },
  length_required: { status: 411, retry: "never", title: "Content-Length is required" },
  unsupported_media_type: { status: 415, retry: "never", title: "Wrong Content-Type" },
  checksum_mismatch: { status: 422, retry: "later", title: "The bytes are not those announced" },
  idempotency_key_reused: {
    status: 422,
    retry: "never",
    title: "This Idempotency-Key was used for another request",
  },
  already_set_up: { status: 409, retry: "never", title: "The first key exists already" },
  already_finished: { status: 409, retry: "never", title: "The job is finished already" },
  job_not_finished: {
    status: 409,
    retry: "never",
    title: "The job is not finished yet; cancel it first, or wait",
  },
  job_processing: {
    status: 409,
    retry: "never",
    title: "The job is being processed; cancel it first",
  },
  job_cancelled: { status: 409, retry: "never", title: "The job was cancelled" },
  lease_lost: { status: 409, retry: "never", title: "This lease is no longer valid" },
  session_unknown: { status: 409, retry: "never", title: "Say hello first" },
  session_superseded: {
    status: 409,
    retry: "never",
    title: "A newer session of this agent took over",
  },
  server_away: { status: 409, retry: "later", title: "The box is not connected" },
  socket_expected: { status: 426, retry: "never", title: "This address wants a WebSocket" },
  too_many_watchers: { status: 503, retry: "later", title: "Too many watch this server" },
  ticket_invalid: { status: 401, retry: "never", title: "This ticket is used, expired or wrong" },
  image_conflict: { status: 409, retry: "never", title: "Other bytes are stored under this index" },
  image_missing: { status: 409, retry: "never", title: "A picture of this job is not stored yet" },
  range_not_satisfiable: { status: 416, retry: "never", title: "The range is outside the file" },
  internal: { status: 500, retry: "later", title: "Something broke on our side" },
  unavailable: { status: 503, retry: "later", title: "The queue is out of reach for a moment" },
} as const satisfies Record<string, { status: number; retry: Retry; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing that is wrong with one field: where, what, and which limit or which choices there are. */
export const ErrorDetail = z.object({
  field: z.string(),
  message: z.string(),
  limit: z.union([z.number(), z.string()]).optional(),
  choices: z.array(z.string()).optional(),
});
export type ErrorDetail = z.infer<typeof ErrorDetail>;

/** The body of every error: RFC 9457 members beside the plain `error` sentence for simple clients. */
export const Problem = z.object({
  error: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.number().int(),
  request_id: z.string(),
  retryable: z.boolean(),
  details: z.array(ErrorDetail),
});
export type Problem = z.infer<typeof Problem>;
