import {
  findNegativeTagProblem,
  findTagProblem,
  LIMITS,
  lorasOf,
  tagsOf,
} from "@mobilesd/contract";
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
  ["# <lora:a:1>\ncat <lora:b:1>", ["b"]],
  ["cat # <lora:a:1>", []],
  ["<lora:a\n# <lora:b:1>\nc:1>", ["a\nc"]],
])("finds the LoRAs that %j calls as Forge does", (prompt, names) => {
  expect(lorasOf(prompt)).toEqual(names);
});

/** Forge's own expression (`\w` as Python has it), whose time grows with the square of the length. */
const FORGE_TAG = /<([\p{L}\p{N}_]+):([^>]+)>/gu;

it("cuts every prompt into tags where Forge does", () => {
  const prompt = fc.string({ unit: fc.constantFrom(..."<>:=aé \n", "<lora:") });
  fc.assert(
    fc.property(prompt, (text) => {
      const expected = [...text.matchAll(FORGE_TAG)].map(([whole]) => whole);
      expect(tagsOf(text).map((tag) => tag.text)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

it.each(["<lora:", "<", "<a", ">", "<lora:>", "<lora:a>", "#", "\n#"])(
  "reads a prompt of nothing but %s without making anybody wait",
  (piece) => {
    const prompt = piece.repeat(LIMITS.promptCharsMax / piece.length);
    const begin = performance.now();
    findTagProblem(prompt);
    findNegativeTagProblem(prompt);
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
    "# <lora:a:strong>\ncat",
    "cat # <wildcard:a>",
    "<LORA>",
    "i <3 you, a <b>, <:>, 1 < 2: yes > no, <a:>, < b: c>",
    "LORA:a:1",
  ])("is none in %s", (prompt) => {
    expect(findTagProblem(prompt)).toBe(null);
  });

  it.each(["<wildcard:a>", "<loras:a:x>", "<größe:a>", "a <b: c> d"])(
    "is told when it is of another kind, which Forge cuts out: %s",
    (prompt) => {
      expect(findTagProblem(prompt)).toMatch(/^Forge would cut <.*> out of the prompt/);
    },
  );

  it("is told when it is a hypernetwork, which no server lists", () => {
    expect(findTagProblem("a <hypernet:b:1>")).toMatch(
      /^hypernetworks cannot be queued.*<hypernet:b:1>/,
    );
  });

  it.each(["<lora:a:1>", "x <LoRA:a:1>", "<lora:a"])(
    "is told in a negative prompt: %s",
    (prompt) => {
      expect(findNegativeTagProblem(prompt)).toMatch(/^Forge reads no LoRA in a negative prompt/);
    },
  );

  it.each(["lora", "# <lora:a:1>", "<3", "<wildcard:a>", "<loras:a>"])(
    "is none in the negative prompt %s, which stays as it is",
    (prompt) => {
      expect(findNegativeTagProblem(prompt)).toBe(null);
    },
  );
});
