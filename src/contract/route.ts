import type * as z from "zod";
import type * as access from "./access.ts";
import type { ErrorCode } from "./errors.ts";

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
