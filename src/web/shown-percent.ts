/** What is shown of a run's progress. */
export interface ShownPercent {
  /** What run this is of. */
  readonly attempt: string;
  readonly percent: number;
}

/** 100 is only for what is completed. */
const PERCENT_MAX = 99;

/** The percent to show once some were told: never more than that, and never back within a run. */
export function percentAfter(
  before: ShownPercent | null,
  attempt: string,
  told: number,
): ShownPercent {
  const shown = before?.attempt === attempt ? before.percent : 0;
  return { attempt, percent: Math.max(shown, Math.min(PERCENT_MAX, told)) };
}
