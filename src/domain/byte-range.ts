/** What a Range header asks of a file: all of it, one part, or something outside it. */
export type ByteRange =
  | { readonly type: "whole" }
  | { readonly type: "part"; readonly offset: number; readonly length: number }
  | { readonly type: "unsatisfiable" };

/**
 * Reads a Range header (RFC 9110, 14.2) against a file of `size` bytes. Another unit, several ranges or
 * broken syntax mean the whole file, as the RFC allows.
 */
export function parseByteRange(header: string | null, size: number): ByteRange {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match) return { type: "whole" };
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return { type: "whole" };
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0
      ? { type: "unsatisfiable" }
      : { type: "part", offset: size - length, length };
  }
  const offset = Number(first);
  if (offset >= size) return { type: "unsatisfiable" };
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return end < offset ? { type: "whole" } : { type: "part", offset, length: end - offset + 1 };
}
