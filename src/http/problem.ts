import { ERRORS, type ErrorCode, type ErrorDetail, type Problem } from "@mobilesd/contract";
import { errorTextOf } from "../domain/error-text.ts";
import { AppError } from "../services/app-error.ts";
import type { Log } from "../services/context.ts";

/** Seconds after which a `later` error is worth another try. */
const RETRY_AFTER_S = 5;

function sentence(code: ErrorCode, details: readonly ErrorDetail[]): string {
  const [first] = details;
  if (!first) return ERRORS[code].title;
  const limit = first.limit === undefined ? "" : ` (limit ${first.limit})`;
  const choices = first.choices?.length ? ` Did you mean: ${first.choices.join(", ")}?` : "";
  return `${ERRORS[code].title}: ${first.field}: ${first.message}${limit}.${choices}`;
}

/** The one shape of every error: RFC 9457's media type and members, and a plain sentence. */
export function problemResponse(
  code: ErrorCode,
  requestId: string,
  details: readonly ErrorDetail[] = [],
): Response {
  const { status, retry, title } = ERRORS[code];
  const problem: Problem = {
    error: sentence(code, details),
    code,
    title,
    status,
    request_id: requestId,
    retryable: retry === "later",
    details: [...details],
  };
  const headers = new Headers({
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
  if (status === 503) headers.set("Retry-After", String(RETRY_AFTER_S));
  if (code === "range_not_satisfiable") {
    headers.set("Content-Range", `bytes */${details[0]?.limit ?? "*"}`);
  }
  return new Response(JSON.stringify(problem), { status, headers });
}

/**
 * Turns whatever was thrown into an answer. What is not one of our own errors is logged with the request's
 * id and told to nobody.
 */
export function answerError(
  error: unknown,
  requestId: string,
  log: Log,
  isPlatformTrouble: (error: unknown) => boolean,
): Response {
  if (error instanceof AppError) return problemResponse(error.code, requestId, error.details);
  const code = isPlatformTrouble(error) ? "unavailable" : "internal";
  log("request_failed", { request_id: requestId, code, ...errorTextOf(error) });
  return problemResponse(code, requestId);
}
