import type { JobStatusView, Problem } from "@mobilesd/contract";

/** How a job ended, in the words of the table, and every sentence that was told of it. */
export interface Ended {
  readonly outcome: string;
  readonly field: string | null;
  /** The one that names the field comes first. */
  readonly sentences: readonly string[];
}

const PARAMS = /^generation_params\./;

/** The end of a job that was never queued. Pure. */
export function refusedAs({ code, status, error, details }: Problem): Ended {
  const field = details[0]?.field.replace(PARAMS, "") ?? null;
  return { outcome: `${status} ${code}`, field, sentences: [error] };
}

/** The end of a job that was. Pure. */
export function endedAs({ status, status_reason, error, warnings }: JobStatusView): Ended {
  const codes = warnings.map(({ code }) => code);
  const told = [error?.message, error?.owner_message, ...warnings.map(({ message }) => message)];
  return {
    outcome: status === "completed" ? [status, ...codes].join(", ") : `${status}: ${status_reason}`,
    field: (error ?? warnings[0])?.field ?? null,
    sentences: told.filter((sentence) => sentence !== undefined),
  };
}
