import { JobWarning } from "@mobilesd/contract";

/** What stands beside a result, as a row keeps it. */
export function resultDetailsJson(warnings: readonly JobWarning[]): string {
  return JSON.stringify({ warnings });
}

/** The warnings out of a row; none where it has no result yet, or holds what the old schema kept there. */
export function readWarnings(json: string | null): JobWarning[] {
  try {
    const details = JSON.parse(json ?? "null") as { warnings?: unknown } | null;
    const parsed = JobWarning.array().safeParse(details?.warnings);
    return parsed.success ? parsed.data : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
