import { type ErrorDetail, LIMITS } from "@mobilesd/contract";
import type * as z from "zod";
import { AppError, fieldError } from "../services/app-error.ts";

/** Reads a body as text, giving up at the limit: what is announced too large is not read at all. */
async function readText(request: Request, bytesMax: number): Promise<string> {
  const tooLarge = () =>
    fieldError("body_too_large", "body", "the JSON is too large", { limit: bytesMax });
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw fieldError("invalid_request", "body", "not UTF-8");
    throw error;
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Refuses what no schema should have to look at: deep nesting, found without recursion, and `__proto__`. */
function requirePlain(json: unknown): void {
  let level = [json].filter(isObject);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= LIMITS.jsonDepthMax) {
      const limit = LIMITS.jsonDepthMax;
      throw fieldError("invalid_request", "body", "nested too deeply", { limit });
    }
    // Some schemas pass by a key of this name in silence.
    if (level.some((one) => Object.hasOwn(one, "__proto__"))) {
      throw fieldError("invalid_request", "__proto__", "unknown field");
    }
    level = level.flatMap((one) => Object.values(one).filter(isObject));
  }
}

/** What a schema found wrong, as fields with messages and limits. */
export function toDetails(error: z.ZodError, prefix = ""): ErrorDetail[] {
  return error.issues.flatMap((issue): ErrorDetail[] => {
    const path = [...(prefix ? [prefix] : []), ...issue.path.map(String)];
    const field = path.join(".") || "body";
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        field: [...path, key.slice(0, 100)].join("."),
        message: "unknown field",
      }));
    }
    const isMissing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    const detail = { field, message: isMissing ? "is required" : issue.message };
    if (issue.code === "too_big") return [{ ...detail, limit: Number(issue.maximum) }];
    if (issue.code === "too_small") return [{ ...detail, limit: Number(issue.minimum) }];
    if (issue.code === "not_multiple_of") return [{ ...detail, limit: issue.divisor }];
    if (issue.code === "invalid_value") return [{ ...detail, choices: issue.values.map(String) }];
    return [detail];
  });
}

/** A JSON body, parsed by its schema, and the text it was. */
export async function readJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  bytesMax: number = LIMITS.jsonBodyBytesMax,
): Promise<{ value: z.output<S>; text: string }> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw fieldError("unsupported_media_type", "Content-Type", "must be application/json");
  }
  const text = await readText(request, bytesMax);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw fieldError("invalid_request", "body", "not valid JSON");
    }
    throw error;
  }
  requirePlain(json);
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new AppError("invalid_request", toDetails(parsed.error));
  return { value: parsed.data, text };
}

/** The length and the stream of a raw body. */
export function readRaw(request: Request): { body: ReadableStream<Uint8Array>; bytes: number } {
  const length = request.headers.get("content-length");
  const bytes = length === null ? Number.NaN : Number(length);
  if (!Number.isSafeInteger(bytes)) throw new AppError("length_required");
  if (bytes < 1 || request.body === null) {
    throw fieldError("invalid_request", "body", "is empty");
  }
  return { body: request.body, bytes };
}
