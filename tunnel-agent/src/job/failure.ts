import { type FailureKind, type FailureReason, LIMITS } from "@mobilesd/contract";
import * as z from "zod";
import type { ForgeAnswer } from "../forge/client.ts";

/** Why a run gave no result, as `fail` tells it to the queue. */
export interface Failure {
  readonly kind: FailureKind;
  readonly reason: FailureReason;
  readonly message: string;
  readonly field?: string;
}

export function failure(
  kind: FailureKind,
  reason: FailureReason,
  message: string,
  field?: string,
): Failure {
  const short = redact(message).slice(0, LIMITS.errorMessageCharsMax);
  return { kind, reason, message: short, ...(field === undefined ? {} : { field }) };
}

/**
 * A path of the host from its root, drive or share to its last separator. Folders may hold blanks, and
 * Python's repr doubles backslashes.
 */
const HOST_PATH =
  /(?:(?<![A-Za-z])[A-Za-z]:[\\/]+|\\\\|(?<![\w.:/])\/)(?:[^\\/:"'<>|*?\n]+[\\/]+)+/g;
/** Somebody's home itself: its last part is a name. */
const HOME =
  /(?<![\w.:/])\/(?:home|Users)\/[^\s\\/:"']+(?![\w\\/])|[A-Za-z]:[\\/]+Users[\\/]+[^\\/:"'\n]+(?=["'\n]|$)/g;

/**
 * Takes the host's folders, and whatever is long enough to be a picture, out of Forge's words. The last
 * part of a path may stay: it names the file. Takes rather too much than too little.
 */
export function redact(text: string): string {
  return text
    .replace(/file:\/\//gi, "")
    .replace(HOME, "…")
    .replace(HOST_PATH, "…/")
    .replace(/[A-Za-z0-9+/=]{200,}/g, "…");
}

const ErrorBody = z.object({
  error: z.string().optional(),
  detail: z.unknown().optional(),
  message: z.string().optional(),
  errors: z.unknown().optional(),
});

/** What Forge says of an error, in either of its two forms (forge-reference 1.13). */
function wordsOf(body: unknown): { type: string; message: string } {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success) return { type: "", message: "" };
  const { error = "", detail, message, errors } = parsed.data;
  const said = [message, errors, detail].find((word) => typeof word === "string" && word !== "");
  return { type: error, message: typeof said === "string" ? said : "" };
}

const ValidationBody = z.object({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() })),
});

/** A 422 repeats the value sent, a whole picture if that was it: only place and message are told. */
function refused(body: unknown): Failure {
  const parsed = ValidationBody.safeParse(body);
  const [first] = parsed.success ? parsed.data.detail : [];
  const words = first ? `${first.loc.slice(1).join(".")}: ${first.msg}` : wordsOf(body).message;
  return failure("user", "invalid_job", `Forge refused the request: ${words}`);
}

const OUT_OF_MEMORY = /OutOfMemory|out of memory|can't allocate memory/i;
/** What no other try can change: the model's file, or what it needs, is not there or not usable. */
const NEVER_WORKS =
  /You do not have .* state dict|Failed to recognize model type|Could not find checkpoint|could not find upscaler|Invalid encoded image|not found/i;

/** Whether an answer says that memory ran out: worth one try in place, with the model unloaded. */
export function isOutOfMemory(answer: ForgeAnswer): boolean {
  const { type, message } = wordsOf(answer.body);
  return answer.status === 500 && OUT_OF_MEMORY.test(`${type} ${message}`);
}

/** Whether a Forge that is just starting answered: it has no route yet (forge-reference 8.1). */
export function isForgeNotUp(answer: ForgeAnswer): boolean {
  return answer.status === 404 && wordsOf(answer.body).message === "Not Found";
}

/** What an answer that is no 200 means for the job. */
export function classifyError(answer: ForgeAnswer): Failure {
  if (answer.status === 422 || answer.status === 400 || answer.status === 404) {
    return refused(answer.body);
  }
  const { type, message } = wordsOf(answer.body);
  const words = [type, message].filter((word) => word !== "").join(": ");
  if (isOutOfMemory(answer)) {
    const advice = "Out of memory on the GPU; a smaller size or batch may fit";
    return failure("resource", "oom", `${advice}. ${words}`);
  }
  if (NEVER_WORKS.test(message)) return failure("user", "invalid_job", `Forge: ${words}`);
  return failure("infra", "forge_error", `Forge answered ${answer.status}: ${words || "nothing"}`);
}
