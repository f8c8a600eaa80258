import { DURATIONS, LIMITS } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Ahead,
  type AskView,
  hasRoom,
  type InHand,
  whatToAsk,
} from "../../src/pipeline/when-to-take.ts";

const { prefetchLeadMs, claimPollBusyMs, claimPollIdleMs, claimBackstopMs, claimPollBusyForMs } =
  DURATIONS;

const AHEAD: Ahead = {
  phase: "drawing",
  remainingMs: prefetchLeadMs,
  megapixelSteps: 1_000,
  hasDisappointed: false,
};
const NOTHING: InHand = { held: 0, inForge: [], delivering: 0, deliveringBytes: 0 };

describe("room for one more job", () => {
  it("is there while nothing is in hand", () => {
    expect(hasRoom(NOTHING, DURATIONS)).toBe(true);
  });

  it.each<[string, Partial<Ahead>, boolean]>([
    ["behind a run that ends within the lead", {}, true],
    ["not before", { remainingMs: prefetchLeadMs + 1 }, false],
    ["behind one that is being encoded", { phase: "finishing", remainingMs: null }, true],
    ["not behind one that waits for somebody else's", { phase: "waiting", remainingMs: 0 }, false],
    ["not while the model loads", { phase: "loading", remainingMs: null }, false],
    ["not while the end of a large one is unknown", { remainingMs: null }, false],
    ["while that of a small one is", { remainingMs: null, megapixelSteps: 20 }, true],
    ["not behind one for which a job was already given back", { hasDisappointed: true }, false],
  ])("%s", (_, ahead, expected) => {
    expect(hasRoom({ ...NOTHING, inForge: [{ ...AHEAD, ...ahead }] }, DURATIONS)).toBe(expected);
  });

  it("is not there for a third, however soon the others end, nor while one waits here", () => {
    const ending = { ...AHEAD, remainingMs: 0 };
    expect(hasRoom({ ...NOTHING, inForge: [ending, ending] }, DURATIONS)).toBe(false);
    expect(hasRoom({ ...NOTHING, held: 1 }, DURATIONS)).toBe(false);
  });

  it("ends with deliveries that pile up, as their pictures lie in memory", () => {
    const { deliveriesMax } = LIMITS;
    expect(hasRoom({ ...NOTHING, delivering: deliveriesMax - 1 }, DURATIONS)).toBe(true);
    expect(hasRoom({ ...NOTHING, delivering: deliveriesMax }, DURATIONS)).toBe(false);
  });

  it("ends with one delivery alone, where that is large", () => {
    const delivering = (deliveringBytes: number) => ({
      ...NOTHING,
      delivering: 1,
      deliveringBytes,
    });
    expect(hasRoom(delivering(37_000_000), DURATIONS)).toBe(true);
    expect(hasRoom(delivering(100_000_000), DURATIONS)).toBe(false);
  });
});

const IDLE: AskView = {
  isConnected: true,
  mode: "active",
  isDue: false,
  hasRoom: true,
  isForgeTaken: false,
  isIdle: true,
  sinceAskedMs: 0,
  sinceWorkMs: claimPollBusyForMs + 1,
  sinceLostMs: Number.POSITIVE_INFINITY,
};
const asked = (more: Partial<AskView>, random = 0.5) =>
  whatToAsk({ ...IDLE, ...more }, DURATIONS, random);

describe("an agent whose socket stands", () => {
  it("asks when it is rung, and otherwise by the hour", () => {
    expect(asked({ isDue: true })).toEqual({ type: "job" });
    expect(asked({ sinceAskedMs: claimBackstopMs - 1 }).type).toBe("nothing");
    expect(asked({ sinceAskedMs: claimBackstopMs })).toEqual({ type: "job" });
  });

  it.each(["paused", "draining", null] as const)(
    "asks all the same when it is rung, and by the hour, while it takes the mode for %s: that may be an old word",
    (mode) => {
      expect(asked({ mode, isDue: true })).toEqual({ type: "job" });
      expect(asked({ mode, sinceAskedMs: claimBackstopMs })).toEqual({ type: "job" });
      expect(asked({ mode, sinceAskedMs: claimBackstopMs - 1 }).type).toBe("nothing");
    },
  );

  it("says nothing while somebody else's generation runs: its socket shows that it is there", () => {
    expect(asked({ isForgeTaken: true, sinceAskedMs: claimBackstopMs }).type).toBe("nothing");
  });
});

describe("an agent without a socket", () => {
  const polling = (more: Partial<AskView>, random?: number) =>
    asked({ isConnected: false, ...more }, random);

  it("asks at the idle pace, and at the busy one while there was work lately, a tenth off at most", () => {
    expect(polling({ sinceAskedMs: claimPollIdleMs }).type).toBe("job");
    expect(polling({ sinceAskedMs: claimPollIdleMs }, 0.99).type).toBe("nothing");
    expect(polling({ sinceAskedMs: 0.9 * claimPollIdleMs - 1 }, 0).type).toBe("nothing");
    expect(polling({ sinceAskedMs: claimPollBusyMs, sinceWorkMs: 0 }).type).toBe("job");
  });

  it("that it has just lost asks only when most others have theirs back, and not with them", () => {
    const { reconnectSpreadMs } = DURATIONS;
    const lost = { sinceAskedMs: claimBackstopMs - 1, sinceWorkMs: 0 };
    expect(polling({ ...lost, sinceLostMs: 0 }, 0).type).toBe("nothing");
    const first = (spread: number) => spread * reconnectSpreadMs + claimPollBusyMs;
    expect(polling({ ...lost, sinceLostMs: first(1) - 1 }, 0).type).toBe("nothing");
    expect(polling({ ...lost, sinceLostMs: first(1) }, 0).type).toBe("job");
    expect(polling({ ...lost, sinceLostMs: first(1.9) }, 0.95).type).toBe("nothing");
    expect(polling({ ...lost, sinceLostMs: first(2) }, 0.95).type).toBe("job");
    expect(polling({ sinceAskedMs: claimPollIdleMs, sinceLostMs: claimPollIdleMs + 1 }).type).toBe(
      "job",
    );
  });

  it("shows that it is there while somebody else's generation runs, at the idle pace", () => {
    const taken = { isForgeTaken: true, sinceWorkMs: 0 };
    expect(polling({ ...taken, sinceAskedMs: claimPollBusyMs }).type).toBe("nothing");
    expect(polling({ ...taken, sinceAskedMs: claimPollIdleMs }).type).toBe("presence");
  });

  it("goes on asking while it is paused, as it hears of the end of that by no other way", () => {
    const paused = { mode: "paused", sinceAskedMs: claimPollIdleMs } as const;
    expect(polling(paused).type).toBe("job");
  });
});

it("a job is never asked for without room, nor while Forge is somebody else's", () => {
  const view = fc.record({
    isConnected: fc.boolean(),
    mode: fc.constantFrom("active" as const, "paused" as const, "draining" as const, null),
    isDue: fc.boolean(),
    hasRoom: fc.boolean(),
    isForgeTaken: fc.boolean(),
    isIdle: fc.boolean(),
    sinceAskedMs: fc.nat(2 * claimBackstopMs),
    sinceWorkMs: fc.nat(2 * claimBackstopMs),
    sinceLostMs: fc.oneof(fc.nat(2 * claimBackstopMs), fc.constant(Number.POSITIVE_INFINITY)),
  });
  fc.assert(
    fc.property(view, fc.double({ min: 0, max: 0.999, noNaN: true }), (seen, random) => {
      const next = whatToAsk(seen, DURATIONS, random);
      if (next.type === "job") expect(seen.hasRoom && !seen.isForgeTaken).toBe(true);
      if (next.type === "nothing") {
        expect(next.waitMs).toBeGreaterThan(0);
        expect(next.waitMs).toBeLessThanOrEqual(claimPollIdleMs);
      }
    }),
  );
});
