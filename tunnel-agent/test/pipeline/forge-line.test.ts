import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { RunProgress } from "../../src/job/run/watched.ts";
import { createForgeLine } from "../../src/pipeline/forge-line.ts";
import type { Seat, Turn } from "../../src/pipeline/seat.ts";

const NEVER = new AbortController().signal;
const KEYS = ["sd_model_checkpoint"];
const FAR: RunProgress = { share: 0.1, phase: "drawing", remainingMs: 60_000, moveMs: 0 };
const NEAR: RunProgress = { share: 0.9, phase: "drawing", remainingMs: 100, moveMs: 0 };

function openLine() {
  const line = createForgeLine(
    () => DURATIONS,
    () => 0,
  );
  const join = (jobId: string) => line.join({ jobId, label: jobId, megapixelSteps: 1 });
  /** What a seat's turn has come to; null while it waits. */
  const ask = (seat: Seat, more: { mustBeAlone?: boolean; keys?: string[] } = {}) => {
    const asked: { turn: Turn | null } = { turn: null };
    const { mustBeAlone = false, keys: overrideKeys = KEYS } = more;
    void seat.turn({ overrideKeys, mustBeAlone }, NEVER).then((turn) => {
      asked.turn = turn;
    });
    return asked;
  };
  /** A seat that is in Forge, and how far it is. */
  const posted = async (jobId: string) => {
    const seat = join(jobId);
    const run = { progress: FAR };
    ask(seat);
    await settled();
    seat.posted({ taskId: jobId, overrideKeys: KEYS, progress: () => run.progress });
    const move = (progress: RunProgress) => {
      run.progress = progress;
      seat.moved();
    };
    return { seat, move };
  };
  return { line, join, ask, posted };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("jobs on their way through Forge", () => {
  it("have their turn one after another, in the order in which they were taken", async () => {
    const { join, ask, posted } = openLine();
    const first = await posted("first");
    const [second, third] = [join("second"), join("third")];
    const asked = [ask(third), ask(second)];
    await settled();
    expect(asked.map(({ turn }) => turn)).toEqual([null, null]);
    first.seat.leave();
    await settled();
    expect(asked.map(({ turn }) => turn)).toEqual([null, "alone"]);
    second.leave();
    await settled();
    expect(asked[0]?.turn).toBe("alone");
  });

  it("may stand behind one that is about to end, but never a third", async () => {
    const { line, join, ask, posted } = openLine();
    const first = await posted("first");
    const asked = [ask(join("second")), ask(join("third"))];
    first.move(NEAR);
    await settled();
    expect(asked.map(({ turn }) => turn)).toEqual(["behind", null]);
    expect(line.inHand()).toMatchObject({ held: 1, inForge: [{}, {}] });
  });

  it("are known by the bytes of their pictures until these are with the queue", async () => {
    const { line, posted } = openLine();
    const [first, second] = [await posted("first"), await posted("second")];
    for (const { seat } of [first, second]) {
      seat.leave();
      seat.delivering(5_000);
    }
    expect(line.inHand()).toMatchObject({ delivering: 2, deliveringBytes: 10_000 });
    first.seat.end();
    second.seat.end();
    expect(line.inHand()).toMatchObject({ delivering: 0, deliveringBytes: 0 });
  });

  it.each<[string, { mustBeAlone?: boolean; keys?: string[] }]>([
    ["override other options", { keys: [...KEYS, "emphasis"] }],
    ["must be alone", { mustBeAlone: true }],
  ])("wait until it has left when they %s", async (_, wish) => {
    const { join, ask, posted } = openLine();
    const first = await posted("first");
    const asked = ask(join("second"), wish);
    first.move(NEAR);
    await settled();
    expect(asked.turn).toBeNull();
    first.seat.leave();
    await settled();
    expect(asked.turn).toBe("alone");
  });

  it("wait until it has left when it is to be stopped, also with their turn in hand", async () => {
    const { join, ask, posted } = openLine();
    const first = await posted("first");
    const second = join("second");
    first.move(NEAR);
    const asked = ask(second);
    await settled();
    expect(asked.turn).toBe("behind");
    expect(second.mayPost(KEYS)).toBe(true);
    expect(second.mayPost(["emphasis"])).toBe(false);
    first.seat.stopAsked();
    expect(second.mayPost(KEYS)).toBe(false);
    second.leave();
    const again = ask(second);
    await settled();
    expect(again.turn).toBeNull();
  });

  it("make room for the next when they do not want their turn any more", async () => {
    const { join, ask, posted } = openLine();
    const first = await posted("first");
    const given = new AbortController();
    const second = join("second").turn({ overrideKeys: KEYS, mustBeAlone: true }, given.signal);
    const third = ask(join("third"));
    given.abort("returned");
    await expect(second).rejects.toBe("returned");
    first.seat.leave();
    await settled();
    expect(third.turn).toBe("alone");
  });

  it("know that another came behind them, also when that one has left before", async () => {
    const { join, ask, posted } = openLine();
    const first = await posted("first");
    expect(first.seat.wasFollowed).toBe(false);
    const second = join("second");
    first.move(NEAR);
    ask(second);
    await settled();
    second.leave();
    expect([first.seat.wasFollowed, second.wasFollowed]).toEqual([true, false]);
  });

  it("keep their place in Forge when nobody waits for them any more, until Forge is done", async () => {
    const { line, posted } = openLine();
    const first = await posted("first");
    first.seat.end();
    expect(line.isEmpty()).toBe(false);
    expect(line.taskIds()).toEqual(new Set(["first"]));
    first.seat.leave();
    expect(line.isEmpty()).toBe(true);
    expect(line.seats()).toEqual([]);
  });
});

describe("what must not touch a run of ours", () => {
  it("is done only while none is in Forge, and none comes meanwhile", async () => {
    const { line, join, ask, posted } = openLine();
    const first = await posted("first");
    expect(await line.whileEmpty(async () => expect.unreachable())).toBe(false);
    first.seat.leave();
    const work = Promise.withResolvers<void>();
    const isDone = line.whileEmpty(() => work.promise);
    const asked = ask(join("second"));
    await settled();
    expect(asked.turn).toBeNull();
    work.resolve();
    expect(await isDone).toBe(true);
    await settled();
    expect(asked.turn).toBe("alone");
  });
});

describe("a job that has not begun", () => {
  it("is let go of, one that has is not", () => {
    const { line, join } = openLine();
    const [begun, held] = [join("begun"), join("held")];
    begun.begin();
    line.dropUnbegun("paused");
    expect(begun.dropped.aborted).toBe(false);
    expect(held.dropped.reason).toBe("paused");
  });

  it("and was given back shows that the one in front takes longer than it seemed", async () => {
    const { line, join, posted } = openLine();
    const first = await posted("first");
    const second = join("second");
    second.drop("returned");
    expect(line.inHand().inForge).toMatchObject([{ hasDisappointed: true }]);
    first.seat.leave();
    expect(line.inHand().inForge).toEqual([]);
  });
});

it("an interrupt whose effect is not known yet holds back every answer", async () => {
  const { posted } = openLine();
  const { seat } = await posted("first");
  const shot = Promise.withResolvers<string>();
  void seat.shooting(shot.promise);
  let isBelieved = false;
  void seat.whileShooting().then(() => {
    isBelieved = true;
  });
  await settled();
  expect(isBelieved).toBe(false);
  shot.resolve("hit_next");
  await settled();
  expect(isBelieved).toBe(true);
  expect(seat.takeHit()).toBe(false);
  seat.hit();
  expect([seat.takeHit(), seat.takeHit()]).toEqual([true, false]);
});
