import { parseByteRange } from "../../domain/byte-range.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";

/** The conditions of a request for bytes, as its headers gave them. */
export interface ReadConditions {
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly ifNoneMatch: string | null;
}

/** An answer of bytes, ready for the wire. */
export interface ReadAnswer {
  readonly status: 200 | 206 | 304;
  readonly headers: Record<string, string>;
  readonly body: ReadableStream | null;
}

function matches(list: string, etag: string): boolean {
  return list
    .split(",")
    .some((one) => one.trim().replace(/^W\//, "") === etag || one.trim() === "*");
}

/** Streams an object out of R2, whole or in part; 304 when the caller has it. */
export async function readObject(
  ctx: Context,
  key: string,
  conditions: ReadConditions,
): Promise<ReadAnswer> {
  const head = await ctx.bucket.head(key);
  if (!head) throw new AppError("not_found");
  const headers = { ETag: head.httpEtag, "Accept-Ranges": "bytes" };
  if (conditions.ifNoneMatch !== null && matches(conditions.ifNoneMatch, head.httpEtag)) {
    return { status: 304, headers, body: null };
  }
  const isStale = conditions.ifRange !== null && conditions.ifRange !== head.httpEtag;
  const range = parseByteRange(isStale ? null : conditions.range, head.size);
  if (range.type === "unsatisfiable") {
    throw new AppError("range_not_satisfiable", [
      { field: "Range", message: "outside the file", limit: head.size },
    ]);
  }
  const part = range.type === "part" ? { offset: range.offset, length: range.length } : undefined;
  const object = await ctx.bucket.get(key, part === undefined ? {} : { range: part });
  if (!object) throw new AppError("not_found");
  const length = part?.length ?? head.size;
  const contentRange = part && `bytes ${part.offset}-${part.offset + part.length - 1}/${head.size}`;
  return {
    status: part ? 206 : 200,
    headers: {
      ...headers,
      "Content-Length": String(length),
      ...(contentRange === undefined ? {} : { "Content-Range": contentRange }),
    },
    body: object.body,
  };
}
