import { JobWarning } from "@mobilesd/contract";
import * as z from "zod";

const ResultDetails = z.object({ warnings: z.array(JobWarning) });

/** What stands beside a result, as a row keeps it. */
export function resultDetailsJson(warnings: readonly JobWarning[]): string {
  return JSON.stringify({ warnings });
}

/** The warnings out of a row; none where it has no result yet, or holds what the old schema kept there. */
export function readWarnings(json: string | null): JobWarning[] {
  try {
    const parsed = ResultDetails.safeParse(JSON.parse(json ?? "null"));
    return parsed.success ? parsed.data.warnings : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
