import { type JobWarning, LIMITS, mayChangeResults } from "@mobilesd/contract";
import type { Failure } from "../failure/failure.ts";
import type { Evidence } from "./asked.ts";
import { findOtherSeed } from "./check-answer.ts";
import { type FoundResult, findOtherCount, findWrongSize } from "./find-results.ts";

/** What another number, seed or size of the results than was asked for comes to. */
export interface Differences {
  readonly failure: Failure | null;
  readonly warnings: readonly JobWarning[];
}

/**
 * Holds number, seed and size of the results against what was asked. What differs is a failure, but where a
 * script of an extension has a say in it: then it is said with the pictures. Pure.
 */
export function checkDifferences(
  { asked, answer }: Evidence,
  results: readonly FoundResult[],
): Differences {
  const found = [
    findOtherCount(asked, results.length),
    findOtherSeed(asked, answer),
    findWrongSize(asked, results),
  ].filter((one) => one !== null);
  const isFree = mayChangeResults(asked.params.alwayson_scripts);
  // No script excuses a picture that is not whole.
  const failure = found.find(({ reason }) => !isFree || reason === "incomplete_result") ?? null;
  if (failure || found.length === 0) return { failure, warnings: [] };
  const said = found.map(({ message }) => message).join(" ");
  const message = `A script of this job changed what was asked for: ${said}`;
  const warning = {
    code: "changed_by_script" as const,
    message: message.slice(0, LIMITS.errorMessageCharsMax),
    field: "alwayson_scripts",
  };
  return { failure: null, warnings: [warning] };
}
