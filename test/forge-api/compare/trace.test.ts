import { describe, expect, it } from "vitest";
import { loadTrace, type Trace, type TraceLine } from "../recording.ts";
import type { JsonObject } from "./difference.ts";
import { diffPreviews } from "./previews.ts";
import { diffTraces, measureHandover } from "./trace.ts";

/** Compares a recorded trace with a copy of it in which lines were changed. */
function diffChanged(
  name: string,
  change: (lines: TraceLine[]) => TraceLine[] | undefined,
): string {
  const trace = loadTrace(`progress/${name}`);
  return diffTraces(trace, withLines(trace, change), {
    rename: (text) => text,
    mayMissBegin: false,
    stepMs: Number.POSITIVE_INFINITY,
  }).join("\n");
}

function withLines(trace: Trace, change: (lines: TraceLine[]) => TraceLine[] | undefined): Trace {
  const lines = structuredClone(trace.lines);
  return { ...trace, lines: change(lines) ?? lines };
}

function stateOf({ answer }: TraceLine): JsonObject {
  return (answer?.state ?? {}) as JsonObject;
}

/** Changes every answer of one poller. */
function changeAnswers(
  lines: TraceLine[],
  what: string,
  change: (answer: JsonObject) => void,
): undefined {
  for (const line of lines) if (line.what === what && line.answer) change(line.answer);
  return undefined;
}

describe("a trace is another one when", () => {
  it.each<[string, string, (lines: TraceLine[]) => TraceLine[] | undefined, string]>([
    [
      "a step is never seen",
      "plain10",
      (lines) => lines.filter((line) => stateOf(line).sampling_step !== 5),
      'progress: never saw {"progress":0.51',
    ],
    [
      "a step is counted from one",
      "plain10",
      (lines) =>
        changeAnswers(lines, "progress", (answer) => {
          const state = answer.state as JsonObject;
          if (state.job !== "") state.sampling_step = Number(state.sampling_step) + 1;
        }),
      "never saw",
    ],
    [
      "the steps of the last job are forgotten at the begin",
      "plain10",
      (lines) =>
        changeAnswers(lines, "progress", (answer) => {
          const state = answer.state as JsonObject;
          if (state.job !== "") state.sampling_steps = 10;
        }),
      '"sampling_step":0,"sampling_steps":4',
    ],
    [
      "the progress is reckoned otherwise",
      "plain10",
      (lines) =>
        changeAnswers(lines, "progress", (answer) => {
          if (answer.progress === 0.51) answer.progress = 0.5;
        }),
      'saw {"progress":0.5,',
    ],
    [
      "a loading model does not show",
      "cold_load",
      (lines) =>
        changeAnswers(lines, "progress", (answer) => {
          const state = answer.state as JsonObject;
          if (state.job_count === -1) state.job_count = 1;
        }),
      '"job_count":-1',
    ],
    [
      "the interrupt is forgotten",
      "interrupt",
      (lines) =>
        changeAnswers(lines, "progress", (answer) => {
          (answer.state as JsonObject).interrupted = false;
        }),
      '"interrupted":true',
    ],
    [
      "an interrupt ends the job at once",
      "interrupt",
      (lines) => lines.filter((line) => stateOf(line).sampling_step !== 5),
      '"sampling_step":5',
    ],
    [
      "the waiting job is told of as active",
      "queued",
      (lines) =>
        changeAnswers(lines, "internal 1", (answer) => {
          if (answer.queued)
            Object.assign(answer, { queued: false, active: true, textinfo: null, progress: 0 });
        }),
      "at one time",
    ],
    [
      "the waiting job is in no list",
      "queued",
      (lines) =>
        changeAnswers(lines, "pending", (answer) => {
          answer.tasks = [];
        }),
      'pending: never saw {"tasks":["task(b)"]}',
    ],
    [
      "a finished job is not completed",
      "queued",
      (lines) =>
        changeAnswers(lines, "internal 0", (answer) => {
          answer.completed = false;
        }),
      'internal 0: never saw {"active":false,"queued":false,"completed":true',
    ],
    [
      "a reused id is not completed while it runs",
      "same_id_twice",
      (lines) =>
        changeAnswers(lines, "internal 0", (answer) => {
          if (answer.active) answer.completed = false;
        }),
      '"active":true,"queued":false,"completed":true',
    ],
    [
      "a failed job is not active afterwards",
      "exception",
      (lines) =>
        changeAnswers(lines, "internal 0", (answer) => {
          Object.assign(answer, { active: false, progress: null, textinfo: "Waiting..." });
        }),
      "internal 0: never saw",
    ],
    [
      "a lost client ends the job",
      "disconnect",
      (lines) => lines.filter((line) => Number(stateOf(line).sampling_step) < 4),
      '"sampling_step":7',
    ],
    [
      "one picture more is answered",
      "interrupt_n_iter2",
      (lines) => {
        for (const line of lines) if (line.images) line.images = 2;
        return undefined;
      },
      "events[2].images: expected 1, got 2",
    ],
    [
      "an event is missing",
      "interrupt",
      (lines) => lines.filter(({ event }) => !event?.startsWith("/sdapi")),
      "events: expected 3 entries, got 2",
    ],
  ])("%s (%s)", (_what, name, change, sentence) => {
    expect(diffChanged(name, change)).toContain(sentence);
  });
});

describe("a trace is the same although", () => {
  it.each<[string, string, (lines: TraceLine[]) => TraceLine[] | undefined]>([
    [
      "it took another time",
      "queued",
      (lines) => lines.map((line) => ({ ...line, t: line.t * 3 })),
    ],
    [
      "a short state was missed",
      "interrupt",
      (lines) => lines.filter((line) => line.answer?.progress !== 1),
    ],
    [
      "a state that lasts a moment was seen",
      "plain10",
      (lines) =>
        lines.flatMap((line) => {
          if (stateOf(line).sampling_step !== 9) return [line];
          const answer = {
            ...line.answer,
            progress: 1,
            state: { ...stateOf(line), job_no: 1, sampling_step: 0 },
          };
          return [line, { ...line, t: line.t + 350, answer }];
        }),
    ],
    [
      "a poll fell between two jobs",
      "queued",
      (lines) => {
        const begin = lines.findLastIndex(
          (line) => stateOf(line).sampling_step === 5 && line.t < 34_000,
        );
        const line = lines[begin];
        const state = {
          ...(line ? stateOf(line) : {}),
          job: "",
          job_count: 0,
          job_no: 1,
          sampling_step: 0,
        };
        const idle = {
          t: 33_400,
          what: "progress",
          answer: { ...line?.answer, progress: 0, state },
        };
        return [...lines.slice(0, begin + 1), idle, ...lines.slice(begin + 1)];
      },
    ],
    [
      "estimates are others",
      "plain10",
      (lines) =>
        changeAnswers(lines, "progress", (answer) => {
          answer.eta_relative = 1;
        }),
    ],
  ])("%s (%s)", (_what, name, change) => {
    expect(diffChanged(name, change)).toBe("");
  });
});

describe("previews", () => {
  const recorded = { trace: loadTrace("progress/preview"), width: 64 };
  const changed = (change: (answer: JsonObject) => void) => ({
    ...recorded,
    trace: withLines(recorded.trace, (lines) => changeAnswers(lines, "internal 0", change)),
  });

  it("are the same in themselves, and in a trace of larger pictures with larger previews", async () => {
    expect(await diffPreviews(recorded, recorded)).toEqual([]);
    expect(await diffPreviews({ ...recorded, width: 512 }, { ...recorded, width: 512 })).toEqual(
      [],
    );
  });

  it("are others when they have another size, none come, or their numbers do not grow", async () => {
    expect((await diffPreviews(recorded, { ...recorded, width: 128 })).join()).toContain("1/16");
    const none = changed((answer) => {
      answer.live_preview = null;
    });
    expect((await diffPreviews(recorded, none)).join()).toContain("previews (number)");
    const equal = changed((answer) => {
      answer.id_live_preview = 3;
    });
    expect((await diffPreviews(recorded, equal)).join()).toContain("do not grow");
  });
});

it("a second job that begins after the first one's answer was read has no lead", () => {
  const trace = withLines(loadTrace("progress/queued"), (lines) =>
    lines.map((line) => (line.event === "job answered" ? { ...line, t: line.t - 1000 } : line)),
  );
  expect(measureHandover(trace)).toBeLessThan(0);
});

it("a step is not missed for certain when nobody looked for so long", () => {
  const trace = loadTrace("progress/plain10");
  const fresh = withLines(trace, (lines) =>
    lines
      .filter((line) => stateOf(line).sampling_step !== 5)
      .map((line) => (stateOf(line).sampling_step === 6 ? { ...line, gapMs: 40 } : line)),
  );
  const compare = (stepMs: number) =>
    diffTraces(trace, fresh, { rename: (text) => text, mayMissBegin: false, stepMs });
  expect(compare(60)).toEqual([]);
  expect(compare(100).join()).toContain('progress: never saw {"progress":0.51');
});
