import { diffValues } from "./difference.ts";

/** Headers that tell a client something; all others are the server's own affair. */
const MEANINGFUL = new Set([
  "www-authenticate",
  "allow",
  "location",
  "vary",
  "content-type",
  "content-encoding",
]);

function pickMeaningful(headers: Record<string, string>): Record<string, string> {
  const picked = Object.entries(headers)
    .filter(([name]) => MEANINGFUL.has(name) || name.startsWith("access-control-"))
    .map(([name, value]) => [name, name === "location" ? hideOrigin(value) : value]);
  return Object.fromEntries(picked);
}

// That the address is a whole one counts, whose it is does not.
function hideOrigin(location: string): string {
  return location.replace(/^https?:\/\/[^/]+/, "ORIGIN");
}

/** Compares the headers that carry meaning, those that only one side has among them. */
export function diffHeaders(
  expected: Record<string, string>,
  actual: Record<string, string>,
): string[] {
  return diffValues(pickMeaningful(expected), pickMeaningful(actual), "headers");
}
