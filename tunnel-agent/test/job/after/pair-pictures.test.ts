import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairResults, pairScriptResults } from "../../../src/job/after/pair-pictures.ts";

/** An answer in Forge's order: grids, then results with their masks behind each, then control maps. */
const answer = fc.record({
  grids: fc.array(fc.boolean(), { maxLength: 3 }),
  // Seeds may repeat, so that two infotexts may be equal.
  results: fc.array(fc.record({ seed: fc.nat(20), maskCount: fc.nat(2) }), { maxLength: 12 }),
  mapCount: fc.nat(4),
});

type Kinds = typeof answer extends fc.Arbitrary<infer T> ? T : never;

function layOut({ grids, results, mapCount }: Kinds) {
  const own = results.map(({ seed }) => `a\nSteps: 1, Sampler: Euler, Seed: ${seed}`);
  const first = own[0] ?? "none";
  // A saved grid carries the text of the first result (forge-reference 1.11).
  const gridTexts = grids.map((hasText) => (hasText ? first : null));
  const resultTexts = results.flatMap(({ maskCount }, at) => [
    own[at] ?? null,
    ...Array.from({ length: maskCount }, () => null),
  ]);
  const maps = Array.from({ length: mapCount }, () => null);
  return {
    texts: [...gridTexts, ...resultTexts, ...maps],
    info: {
      index_of_first_image: grids.length,
      infotexts: [...grids.map(() => first), ...own],
    },
    own,
  };
}

describe("the results of an answer", () => {
  it("are told from grids, masks and control maps, each with its own infotext, in Forge's order", () => {
    fc.assert(
      fc.property(answer, (kinds) => {
        const { own, texts, info } = layOut(kinds);
        const found = pairResults({ texts, info, writesInfotext: true }, own.length);
        expect(found.results.map(({ infotext }) => infotext)).toEqual(own);
        expect(found.results.map(({ at }) => texts[at])).toEqual(own);
        const others = kinds.mapCount + kinds.results.reduce((sum, one) => sum + one.maskCount, 0);
        expect(found.otherCount).toBe(others);
      }),
    );
  });

  it("keep their own infotexts even where the order of pictures is not that of the texts", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6]), (order) => {
        const infotexts = [1, 2, 3, 4, 5, 6].map((seed) => `a\nSeed: ${seed}`);
        const texts = order.map((seed) => `a\nSeed: ${seed}`);
        const info = { index_of_first_image: 0, infotexts };
        const { results } = pairResults({ texts, info, writesInfotext: true }, order.length);
        expect(results.map(({ infotext }) => infotext)).toEqual(texts);
      }),
    );
  });

  it("are never pictures that carry a stranger's infotext", () => {
    const texts = ["a\nSeed: 1", "somebody else's\nSeed: 9"];
    const info = { index_of_first_image: 0, infotexts: ["a\nSeed: 1"] };
    const { results } = pairResults({ texts, info, writesInfotext: true }, 2);
    expect(results).toEqual([{ at: 0, infotext: "a\nSeed: 1" }]);
  });

  it("stand behind the grids on a server that writes no infotexts, in the order of the texts", () => {
    const info = { index_of_first_image: 1, infotexts: ["grid", "one", "two"] };
    const pictures = { texts: [null, null, null, null], info, writesInfotext: false };
    expect(pairResults(pictures, 2)).toEqual({
      results: [
        { at: 1, infotext: "one" },
        { at: 2, infotext: "two" },
      ],
      otherCount: 1,
      hasLostTexts: false,
    });
  });
});

describe("the results of a script", () => {
  it.each([
    {
      script: "Prompt matrix: a grid, and pictures with texts",
      texts: [null, "a", "b"],
      info: { index_of_first_image: 1, infotexts: ["a", "a", "b"] },
      results: ["a", "b"],
    },
    {
      script:
        "Loopback: a grid that is not counted, and texts of which the answer tells the first only",
      texts: [null, "a", "b"],
      info: { index_of_first_image: 0, infotexts: ["a", "a", "a"] },
      results: ["a", "b"],
    },
    {
      script: "SD upscale: one picture put together from others",
      texts: [null],
      info: { index_of_first_image: 0, infotexts: ["a"] },
      results: ["a"],
    },
    {
      script: "any, with a control map at the end",
      texts: ["a", "b", null],
      info: { index_of_first_image: 0, infotexts: ["a", "b"] },
      results: ["a", "b"],
    },
  ])("are found for $script", ({ texts, info, results }) => {
    const found = pairScriptResults({ texts, info, writesInfotext: true });
    expect(found.results.map(({ infotext }) => infotext)).toEqual(results);
  });
});
