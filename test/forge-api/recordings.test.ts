import { describe, expect, it } from "vitest";
import { listBrokenPairs } from "./cases/img2img.ts";
import { listRecordedHandovers } from "./cases/progress.ts";
import { diffAnswers } from "./compare/answer.ts";
import { diffTraces } from "./compare/trace.ts";
import { listLabOptions } from "./forge/settings.ts";
import { GROUPS } from "./groups.ts";
import { listRecordings, loadExchange, loadTrace } from "./recording.ts";
import { SURPRISES } from "./surprises.ts";

const CASES = GROUPS.flatMap(({ cases }) => cases.map(({ id }) => id));
const RECORDINGS = listRecordings();
const TRACES = RECORDINGS.filter((id) => CASES.includes(id) && isTrace(id));

function isTrace(id: string): boolean {
  return id.startsWith("progress/") && !/task_id|no_id|interrupt_idle/.test(id);
}

describe("the recordings", () => {
  it("are each used by one case, and no case is there twice", () => {
    expect(CASES.filter((id, index) => CASES.indexOf(id) !== index)).toEqual([]);
    expect(RECORDINGS.filter((id) => !CASES.includes(id))).toEqual([]);
  });

  it("hold each of the twenty surprises by cases that are run", () => {
    expect(Object.keys(SURPRISES)).toHaveLength(20);
    const missing = Object.entries(SURPRISES).flatMap(([number, ids]) =>
      ids.length === 0 ? [number] : ids.filter((id) => !CASES.includes(id)),
    );
    expect(missing).toEqual([]);
  });

  it("differ in nothing from themselves, exchange by exchange", async () => {
    const differences: string[] = [];
    for (const id of RECORDINGS.filter((each) => !TRACES.includes(each))) {
      const { request, response } = loadExchange(id);
      const comparison = { request, rename: keep, hashes: "recorded", isPart: false } as const;
      const found = await diffAnswers(response, response, comparison);
      differences.push(...found.map((difference) => `${id}: ${difference}`));
    }
    expect(differences).toEqual([]);
  });

  it.each(TRACES)("differ in nothing from themselves: %s", (id) => {
    const trace = loadTrace(id);
    expect(
      diffTraces(trace, trace, {
        rename: keep,
        mayMissBegin: false,
        stepMs: Number.POSITIVE_INFINITY,
      }),
    ).toEqual([]);
  });

  it("bear out what the suite says of several of them at once", async () => {
    expect(await listBrokenPairs()).toEqual([]);
    expect(listRecordedHandovers().filter((leadMs) => leadMs <= 0)).toEqual([]);
  });

  it("know every option that a run sets", () => {
    const { body } = loadExchange("lists/options").response;
    const unknown = listLabOptions().filter((name) => !Object.hasOwn(body as object, name));
    expect(unknown).toEqual([]);
  });
});

function keep(text: string): string {
  return text;
}
