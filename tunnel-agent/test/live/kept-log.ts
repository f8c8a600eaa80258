import type { Log } from "../../src/log.ts";

/** A log that keeps what was said. */
export function keptLog(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write = (fields: object, message: string) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, debug: write, info: write, warn: write, error: write };
}
