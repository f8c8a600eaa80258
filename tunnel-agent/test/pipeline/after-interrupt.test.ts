import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TaskState } from "../../src/forge/progress.ts";
import { effectOf } from "../../src/pipeline/after-interrupt.ts";

describe("what was seen after an interrupt", () => {
  it.each([
    ["our run goes on with the flag: it ends", null, true, true, "took_hold"],
    ["our run goes on without it: to be sent again", null, false, true, "lost"],
    ["our run is over", null, true, false, "over"],
    ["the next one runs with the flag", "active", true, false, "hit_next"],
    ["the next one runs without it", "active", false, false, "over"],
    ["the next one is over already: it may have been hit", "completed", false, false, "hit_next"],
    ["the next one waits, so that its begin clears the flag", "queued", true, false, "over"],
    ["the next one has not reached Forge's line", "gone", true, true, "took_hold"],
  ] as const)("tells whom it hit: %s", (_, next, isInterrupted, isOwnActive, effect) => {
    expect(effectOf({ next, isInterrupted, isOwnActive })).toBe(effect);
  });
});

/**
 * Forge as far as an interrupt goes: our run is active, the next one waits. Things happen in an order left to
 * chance, with the interrupt, and then the three questions, somewhere between them.
 */
function play(steps: readonly ("own_ends" | "next_begins" | "next_ends" | "question")[]) {
  let own: TaskState = "active";
  let next: TaskState = "queued";
  let flag = false;
  let isNextSpoiled = false;
  let isOwnHit = false;
  let asked = 0;
  const seen: { next: TaskState; isInterrupted: boolean; isOwnActive: boolean } = {
    next: "queued",
    isInterrupted: false,
    isOwnActive: false,
  };
  const question = () => {
    if (asked === 0) {
      flag = true;
      if (own === "active") isOwnHit = true;
      if (next === "active") isNextSpoiled = true;
    }
    if (asked === 1) seen.next = next;
    if (asked === 2) seen.isInterrupted = flag;
    if (asked === 3) seen.isOwnActive = own === "active";
    asked += 1;
  };
  for (const step of steps) {
    if (step === "question") question();
    if (step === "own_ends") own = "completed";
    if (step === "next_begins" && own === "completed" && next === "queued") {
      next = "active";
      flag = false;
    }
    if (step === "next_ends" && next === "active") next = "completed";
  }
  while (asked < 4) question();
  return { effect: effectOf(seen), isNextSpoiled, isOwnHit };
}

it("whatever happens between the questions, a run that was spoiled is known to be", () => {
  const step = fc.constantFrom(
    "own_ends" as const,
    "next_begins" as const,
    "next_ends" as const,
    "question" as const,
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const { effect, isNextSpoiled, isOwnHit } = play(steps);
      if (isNextSpoiled) expect(effect).toBe("hit_next");
      // A shot that took hold is never repeated: it could hit another.
      if (isOwnHit) expect(effect).not.toBe("lost");
    }),
    { numRuns: 2_000 },
  );
});
