/** How far a run is and how it goes on until something newer is heard. */
export interface Pace {
  /** What run this is of. */
  readonly attempt: string;
  readonly heard: Heard;
  /** What was shown when that was heard, in percent, and when. */
  readonly from: number;
  readonly at: number;
}

interface Heard {
  readonly progress: number;
  /** Milliseconds since the epoch; null while it cannot be told. */
  readonly endsAt: number | null;
}

/** 100 is only for what is completed. */
const PERCENT_MAX = 99;
/** After this much silence the last word holds no longer: what goes on by itself stands still. */
const GOES_ON_FOR_MS = 3_000;

/** What to show at a moment, in percent with fractions; between two words it goes on at the last pace. */
export function percentAt({ heard, from, at }: Pace, now: number): number {
  // Before the first step a model may be loading: nothing is known to move.
  if (heard.progress === 0 || heard.endsAt === null || heard.endsAt <= at) return from;
  const share = Math.min(now - at, GOES_ON_FOR_MS) / (heard.endsAt - at);
  return from + Math.max(0, PERCENT_MAX - from) * Math.min(1, Math.max(0, share));
}

/** The pace after something was heard. Within one run what is shown never goes back. */
export function paceAfter(before: Pace | null, attempt: string, heard: Heard, now: number): Pace {
  const isSameRun = before?.attempt === attempt;
  const isNews = before?.heard.progress !== heard.progress || before?.heard.endsAt !== heard.endsAt;
  if (before && isSameRun && !isNews) return before;
  const shown = before && isSameRun ? percentAt(before, now) : 0;
  return { attempt, heard, from: Math.max(shown, heard.progress), at: now };
}
