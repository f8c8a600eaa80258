import type { Trace, TraceLine } from "../recording.ts";
import { diffValues, isObject, type JsonObject, mapTexts } from "./difference.ts";
import { listJointSpans, listSpans, type Span } from "./trace-states.ts";

/** Rounds of polls that a state must last for both sides to have to see it. */
const ROUNDS_TO_BE_SEEN = 3;

const isLong = ({ rounds }: Span) => rounds >= ROUNDS_TO_BE_SEEN;

/** The progress of a job that has begun and not finished its second step. */
const BEGUN = 0.01;

/** How two traces are compared. */
export interface TraceComparison {
  rename: (text: string) => string;
  /** The asked Forge is too quick for what comes before the sampling to be seen for certain. */
  mayMissBegin: boolean;
  /** Milliseconds of a step in the fresh trace; infinite where no state can pass unseen. */
  stepMs: number;
}

/**
 * Everything in which a fresh trace is not the recorded one: the events, the states that each poller saw
 * in their order, and what they saw at the same time. A state shorter than a few polls may be missing in
 * either.
 */
export function diffTraces(expected: Trace, actual: Trace, comparison: TraceComparison): string[] {
  const { rename } = comparison;
  const recorded = { ...expected, lines: mapTexts(expected.lines, rename) as TraceLine[] };
  const pollers = ["progress", "pending", ...expected.ids.map((_, index) => `internal ${index}`)];
  const states = pollers.flatMap((what) => {
    const [spans, freshSpans] = [listSpans(recorded, what), listSpans(actual, what)];
    const { missing, extra } = align(spans, freshSpans);
    const mayMiss = ({ span, next }: Missing) =>
      (comparison.mayMissBegin && isBeforeSampling(span.state)) ||
      (next?.gapMs ?? 0) > comparison.stepMs / 2;
    return [
      ...missing
        .filter((each) => isLong(each.span) && !mayMiss(each))
        .map(({ span }) => `${what}: never saw ${span.key}`),
      ...extra
        .filter((span) => !isPassing(span, what, spans))
        .map(({ key }) => `${what}: saw ${key}, which is not recorded`),
    ];
  });
  const joint = align(
    listJointSpans(recorded).filter(isLong),
    listJointSpans(actual).filter(isLong),
  );
  return [
    ...diffValues(listEvents(recorded), listEvents(actual), "events"),
    ...states,
    ...joint.missing.map(({ span }) => `at one time: never saw ${span.key}`),
    ...joint.extra.map(({ key }) => `at one time: saw ${key}, which is not recorded`),
  ];
}

/** A recorded state that was not seen, and the state that was seen in its place. */
interface Missing {
  span: Span;
  next: Span | undefined;
}

/** What is left of two sequences when their longest common one is taken out. */
function align(expected: Span[], actual: Span[]): { missing: Missing[]; extra: Span[] } {
  const lengths = Array.from({ length: expected.length + 1 }, () =>
    new Array<number>(actual.length + 1).fill(0),
  );
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = expected.length - 1; row >= 0; row--) {
    for (let column = actual.length - 1; column >= 0; column--) {
      const isSame = expected[row]?.key === actual[column]?.key;
      const longest = isSame
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
      (lengths[row] ?? [])[column] = longest;
    }
  }
  const [missing, extra]: [Missing[], Span[]] = [[], []];
  let [row, column] = [0, 0];
  while (row < expected.length || column < actual.length) {
    const [span, fresh] = [expected[row], actual[column]];
    if (span && fresh && span.key === fresh.key) [row, column] = [row + 1, column + 1];
    else if (span && (!fresh || at(row + 1, column) >= at(row, column + 1))) {
      missing.push({ span, next: fresh });
      row += 1;
    } else if (fresh) {
      extra.push(fresh);
      column += 1;
    }
  }
  return { missing, extra };
}

/** Begun, but no step evaluated: how long that takes is the machine's. */
function isBeforeSampling({ job, job_no, sampling_step, job_count }: JsonObject): boolean {
  return job !== "" && job_no === 0 && sampling_step === 0 && job_count !== 0;
}

/** Whether a state that is not recorded is one that every job passes through, often unseen. */
function isPassing(span: Span, what: string, recorded: Span[]): boolean {
  const { state } = span;
  const isShort = !isLong(span);
  if (recorded.some((each) => hideFlags(each.state) === hideFlags(state))) return true;
  if (what === "pending") return isShort;
  if (what.startsWith("internal")) {
    const { active, queued, progress } = state;
    const isAtBorder = [0, 0.5, 1].includes(Number(progress));
    return active === true ? isAtBorder : queued === true && isShort;
  }
  const counts = new Set([-1, ...recorded.map((span) => span.state.job_count)]);
  if (!counts.has(state.job_count)) return false;
  // Between two jobs, one of which waited, Forge is idle for a moment.
  if (state.job_count === 0) return isShort;
  const isBetweenBatches = state.sampling_step === 0 && Number(state.job_no) >= 1 && isShort;
  return isBeforeSampling(state) || isBetweenBatches;
}

/**
 * What may come at any moment, so that a state may be seen without it before, or with it after. That it
 * comes at all is held by the recorded states, all of which must be seen.
 */
const FLAGS = ["skipped", "interrupted", "queued", "completed", "hasPicture"];

function hideFlags(state: JsonObject): string {
  return JSON.stringify(Object.entries(state).filter(([name]) => !FLAGS.includes(name)));
}

/** What the recorder did and got, without moments and machine. */
function listEvents({ lines }: Trace): JsonObject[] {
  return lines
    .filter(({ what }) => what === "event")
    .map(({ t: _t, round: _round, what: _what, request, error: _error, ...event }) => ({
      ...event,
      ...(isObject(request) ? { task: request.force_task_id } : {}),
    }));
}

/**
 * By how many milliseconds the second job began before the first one's answer was read; negative when it
 * began after it. The begin is reckoned from the estimate, which is 99 times the time since the begin
 * while the progress is 0.01 (forge-reference 1.8).
 */
export function measureHandover({ lines }: Trace): number {
  const answered = lines.find(({ event }) => event === "job answered")?.t ?? Number.NaN;
  const progress = lines.filter(({ what, answer }) => what === "progress" && answer);
  const firstStep = progress.findIndex(({ answer }) => Number(answer?.progress) > BEGUN);
  const begins = progress
    .slice(firstStep)
    .filter(({ answer }) => answer?.progress === BEGUN)
    .map(({ t, answer }) => t - (Number(answer?.eta_relative) / 99) * 1000);
  if (begins.length === 0) throw new Error("No second job was seen to begin");
  return answered - Math.min(...begins);
}
