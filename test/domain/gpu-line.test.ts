import type { RunPhase } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { TIMING_UNKNOWN } from "../../src/domain/estimate.ts";
import { type BegunJob, gpuLineOf } from "../../src/domain/gpu-line.ts";

const NOW = 1_000_000;
/** A job of ten megapixel-steps takes a second, and a load five. */
const timing = { ...TIMING_UNKNOWN, msPerMegapixelStep: 100, modelLoadMs: 5_000 };

interface Named extends BegunJob {
  readonly name: string;
}

const begun = (name: string, ago: number, told: BegunJob["told"] = null, model = "a"): Named => ({
  name,
  startedAt: NOW - ago,
  told,
  checkpointName: model,
  costMegapixelSteps: 10,
});
const told = (phase: RunPhase, inMs: number | null = null) => ({
  phase,
  endsAt: inMs === null ? null : NOW + inMs,
});

function line(...jobs: readonly Named[]) {
  const found = gpuLineOf(jobs, timing, NOW);
  return found && [found.current.name, found.restMs, found.following.map(({ name }) => name)];
}

it("has nothing where nothing was begun", () => {
  expect(line()).toBe(null);
});

it("takes the first that was begun for the one on the GPU, and the others for those behind it", () => {
  expect(line(begun("second", 100), begun("first", 400))).toEqual(["first", 600, ["second"]]);
});

it("takes one that only delivers its pictures off the GPU, by what its agent told", () => {
  const uploads = [begun("one", 400, told("finishing")), begun("two", 300, told("finishing"))];
  expect(line(...uploads, begun("three", 200, told("drawing", 7_000)))).toEqual([
    "three",
    7_000,
    [],
  ]);
  const waits = begun("four", 100, told("waiting"));
  expect(line(...uploads, begun("three", 200, told("loading")), waits)).toEqual([
    "three",
    800,
    ["four"],
  ]);
});

it("never counts one that delivers among those behind, should both have begun in one moment", () => {
  const draws = begun("two", 300, told("drawing", 700));
  expect(line(draws, begun("one", 300, told("finishing")))).toEqual(["two", 700, []]);
});

it("believes that a job draws which says so, whatever is not known of those before it", () => {
  expect(line(begun("one", 400), begun("two", 100, told("drawing", 300)))).toEqual([
    "two",
    300,
    [],
  ]);
  expect(line(begun("one", 9_000, told("drawing", -500)), begun("two", 100))).toEqual([
    "one",
    0,
    ["two"],
  ]);
});

it("gives the GPU to the next when a job has had its time of which nothing is known", () => {
  expect(line(begun("one", 1_300), begun("two", 1_200))).toEqual(["two", 700, []]);
  expect(line(begun("one", 1_300), begun("two", 1_200, null, "b"))).toEqual(["two", 5_700, []]);
  expect(line(begun("one", 9_000), begun("two", 1_200), begun("three", 100))).toEqual([
    "three",
    900,
    [],
  ]);
});

it("keeps the last for the current one when all are through with the GPU, with nothing left to wait for", () => {
  expect(line(begun("one", 9_000), begun("two", 8_000))).toEqual(["two", 0, []]);
  const done = told("finishing", 500);
  expect(line(begun("one", 300, done), begun("two", 200, done))).toEqual(["two", 0, []]);
});
