import { findTagProblem, LIMITS, lorasOf, tagsOf } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

it.each([
  ["a cat", []],
  ["<lora:a:1>", ["a"]],
  ["<lora:a>", ["a"]],
  ["<lora:a:0.5:1> <lora:b:te=1:unet=0>", ["a", "b"]],
  ["<lora:te=1:a:1>", ["a"]],
  ["<lora:a=b>", [""]],
  ["<lora:a=b=c:1>", ["a=b=c"]],
  ["<lora:a:1><lora:a:2>", ["a"]],
  ["<lora:with space-ä/b.c:1>", ["with space-ä/b.c"]],
  ["<lora: a:1>", [" a"]],
  ["<lora::1>", [""]],
  ["<lora:>", []],
  ["<lora:a:1", []],
  ["lora:a:1>", []],
  ["<lora:a\nb:1>", ["a\nb"]],
  ["<other:<lora:a:1>", []],
  ["< lora:a:1> <LORA:a:1> <hypernet:c:1>", []],
  ["(<lora:a:1>:1.2)\nBREAK <lora:b:1>", ["a", "b"]],
])("finds the LoRAs that %j calls as Forge does", (prompt, names) => {
  expect(lorasOf(prompt)).toEqual(names);
});

/** Forge's own expression, whose time grows with the square of the length. */
const FORGE_TAG = /<(\w+):([^>]+)>/g;

it("cuts every prompt into tags where Forge does", () => {
  const prompt = fc.string({ unit: fc.constantFrom(..."<>:=ab \n", "<lora:") });
  fc.assert(
    fc.property(prompt, (text) => {
      const expected = [...text.matchAll(FORGE_TAG)].map(([whole]) => whole);
      expect(tagsOf(text).map((tag) => tag.text)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

it.each(["<lora:", "<", "<a", ">", "<lora:>", "<lora:a>"])(
  "reads a prompt of nothing but %s without making anybody wait",
  (piece) => {
    const prompt = piece.repeat(LIMITS.promptCharsMax / piece.length);
    const begin = performance.now();
    findTagProblem(prompt);
    lorasOf(prompt);
    expect(performance.now() - begin).toBeLessThan(500);
  },
);

describe("a tag that Forge would drop", () => {
  it.each(["<LoRA:a:1>", "x <Lora:a>", "<LORA:a:1>", "<lyco:a:1>"])(
    "is told with the way to write it: %s",
    (prompt) => {
      expect(findTagProblem(prompt)).toMatch(/Forge does nothing with <.*>: write it as <lora:…>/);
    },
  );

  it.each([
    "<lora:a:abc>",
    "<lora:a:0,8>",
    "<lora:a:1:x>",
    "<lora:a:te=x>",
    "<lora:a:unet=>",
    "<lora:a:1:1:0.5>",
    "<lora:a:dyn=half>",
    "<lora:b:1> <lora:a:>",
  ])("is told when it is its weight that cannot be read: %s", (prompt) => {
    expect(findTagProblem(prompt)).toMatch(/the weight in <lora:a.*> is not a number/);
  });

  it.each([
    "<lora:a>",
    "<lora:a:1>",
    "<lora:a:-0.5: 1. >",
    "<lora:a:.5:1e-1:8>",
    "<lora:a:te=1:unet=0.2:dyn=4>",
    "<loras:a:x>",
    "<hypernet:a:x>",
    "<LORA>",
    "LORA:a:1",
  ])("is none in %s", (prompt) => {
    expect(findTagProblem(prompt)).toBe(null);
  });
});
