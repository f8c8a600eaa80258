import type { Trace, TraceLine } from "../recording.ts";
import { isObject, type JsonObject } from "./difference.ts";

/** A state that was seen, and for how many rounds of polls. */
export interface Span {
  state: JsonObject;
  /** Equal texts mean equal states. */
  key: string;
  rounds: number;
  /** Milliseconds for which nobody looked before it was seen; 0 where that is not known. */
  gapMs: number;
}

interface Moment {
  gapMs?: number;
  /** Rounds of polls since the trace began. */
  round: number;
  /** Null at the end of the trace. */
  state: JsonObject | null;
}

/** What a poller's answers are compared by; an estimate or a moment is no part of it. */
function reduceAnswer(what: string, answer: JsonObject): JsonObject {
  if (what === "pending") return { tasks: answer.tasks };
  const progress = roundShare(answer.progress);
  if (what.startsWith("internal")) {
    const { active, queued, completed, textinfo } = answer;
    return { active, queued, completed, progress, textinfo };
  }
  const { skipped, interrupted, job, job_count, job_no, sampling_step, sampling_steps } = isObject(
    answer.state,
  )
    ? answer.state
    : {};
  return {
    ...{ progress, skipped, interrupted, job, job_count, job_no, sampling_step, sampling_steps },
    textinfo: answer.textinfo,
    hasPicture: answer.current_image !== null,
  };
}

function roundShare(share: unknown): unknown {
  return typeof share === "number" ? Math.round(share * 10_000) / 10_000 : share;
}

/** The distinct states of one poller in their order. */
export function listSpans(trace: Trace, what: string): Span[] {
  return toSpans(
    trace.lines
      .filter((line) => line.what === what)
      .map((line) => ({
        round: roundOf(line, trace),
        gapMs: Number(line.gapMs ?? 0),
        state: line.answer ? reduceAnswer(what, line.answer) : null,
      })),
  );
}

// The recorder polled so steadily that its clock counts the rounds.
function roundOf({ t, round }: TraceLine, { intervalMs }: Trace): number {
  return typeof round === "number" ? round : t / intervalMs;
}

/**
 * What all pollers saw at the same time, as far as flags go: whether a job runs, what is said of each id,
 * and which ids wait. A state counts when each poller had time to look at it.
 */
export function listJointSpans(trace: Trace): Span[] {
  const pollers = ["progress", "pending", ...trace.ids.map((_, index) => `internal ${index}`)];
  const parts: JsonObject = {};
  const moments = trace.lines
    .filter(({ what }) => what !== "event")
    .map((line): Moment => {
      const { what, answer } = line;
      if (answer) parts[what] = reduceFlags(what, answer);
      // In the order of the pollers, so that equal states have equal keys.
      const seen = pollers.filter((each) => each in parts).map((each) => [each, parts[each]]);
      return { round: roundOf(line, trace), state: answer ? Object.fromEntries(seen) : null };
    });
  const end = moments.find(({ state }) => state === null);
  const complete = moments.filter(
    ({ state }) => state && Object.keys(state).length === pollers.length,
  );
  return toSpans([...complete, ...(end ? [end] : [])]);
}

function reduceFlags(what: string, answer: JsonObject): unknown {
  const state = reduceAnswer(what, answer);
  if (what === "progress") return { isRunning: state.job_count !== 0 };
  if (what === "pending") return state;
  return { active: state.active, queued: state.queued, completed: state.completed };
}

/** Lays equal neighbours together; a null state is the end of the last one. */
function toSpans(moments: Moment[]): Span[] {
  const spans: (Span & { from: number })[] = [];
  for (const { round, state, gapMs = 0 } of moments) {
    const last = spans.at(-1);
    if (last) last.rounds = round - last.from;
    const key = JSON.stringify(state);
    if (state && last?.key !== key) spans.push({ state, key, from: round, rounds: 0, gapMs });
  }
  return spans.map(({ from: _from, ...span }) => span);
}
