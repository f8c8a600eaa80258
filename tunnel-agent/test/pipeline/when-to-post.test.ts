import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { mayPostBehind, type RunAhead } from "../../src/pipeline/when-to-post.ts";

const { prePostLeadMs } = DURATIONS;
const KEYS = ["sd_model_checkpoint", "CLIP_stop_at_last_layers"];
const AHEAD: RunAhead = {
  phase: "drawing",
  remainingMs: prePostLeadMs,
  moveMs: 0,
  overrideKeys: KEYS,
  isStopPending: false,
};

describe("a request is handed to Forge behind the one that runs", () => {
  it.each<[string, Partial<RunAhead>, boolean]>([
    ["when that one ends within the lead", {}, true],
    [
      "a move earlier where its moves are long",
      { remainingMs: prePostLeadMs + 9, moveMs: 9 },
      true,
    ],
    ["not two moves earlier", { remainingMs: prePostLeadMs + 10, moveMs: 9 }, false],
    ["not before", { remainingMs: prePostLeadMs + 1 }, false],
    ["not while its end is unknown", { remainingMs: null }, false],
    ["while its answer is being encoded", { phase: "finishing", remainingMs: null }, true],
    ["not while it waits for somebody else's", { phase: "waiting", remainingMs: 0 }, false],
    ["not while its model loads", { phase: "loading", remainingMs: 0 }, false],
    ["never while its cancel is pending", { phase: "finishing", isStopPending: true }, false],
    ["whatever the order of its options", { overrideKeys: [...KEYS].reverse() }, true],
    ["not where it overrides one option more", { overrideKeys: [...KEYS, "emphasis"] }, false],
    ["not where it overrides one option less", { overrideKeys: KEYS.slice(1) }, false],
  ])("%s", (_, ahead, expected) => {
    expect(mayPostBehind({ ...AHEAD, ...ahead }, KEYS, DURATIONS)).toBe(expected);
  });

  it.each(["samples_format", "jpeg_quality", "webp_lossless", "enable_pnginfo"])(
    "never with %s, which would change the pictures of the one before",
    (name) => {
      const overrideKeys = [...KEYS, name];
      expect(mayPostBehind({ ...AHEAD, overrideKeys }, overrideKeys, DURATIONS)).toBe(false);
    },
  );
});
