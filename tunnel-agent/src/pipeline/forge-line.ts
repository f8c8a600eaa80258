import type { Durations } from "@mobilesd/contract";
import type { RunProgress } from "../job/run/watched.ts";
import { type DropReason, type LineOfSeats, Seat, type SeatFacts, type Turn } from "./seat.ts";
import { mayPostBehind } from "./when-to-post.ts";
import type { InHand } from "./when-to-take.ts";

/** A job of this agent as others see it. */
export interface SeatView extends SeatFacts {
  readonly where: "held" | "in Forge" | "delivered";
  /** Null where Forge has not heard of it, or is done with it. */
  readonly progress: RunProgress | null;
  /** How many of its pictures are with the queue; null before they are on their way. */
  readonly pictures: Seat["pictures"];
}

/** All jobs of this agent, from the claim to the last word about them. */
export interface ForgeLine {
  /** Takes in a job that was claimed. */
  join(facts: SeatFacts): Seat;
  inHand(): InHand;
  /** All of them: those in Forge first, in its order; then the others, in the order in which they were taken. */
  seats(): readonly SeatView[];
  /** The ids of runs that this agent is with: Forge's other ones of ours are ghosts. */
  taskIds(): ReadonlySet<string>;
  /** Whether nothing of ours is in Forge, nor about to be. */
  isEmpty(): boolean;
  /** Lets go of every job that has not begun. */
  dropUnbegun(reason: DropReason): void;
  /** Calls the listener after each change; answers what ends that. */
  onChange(listener: () => void): () => void;
  /** Does something to Forge that no run of ours may be in. Where one is it does nothing, and answers false. */
  whileEmpty(work: () => Promise<void>): Promise<boolean>;
}

const NOT_MOVING: RunProgress = { share: 0, phase: "waiting", remainingMs: null, moveMs: 0 };

const progressOf = ({ run }: Seat) => run?.progress() ?? NOT_MOVING;

const viewOf = ({ facts, run, pictures }: Seat, where: SeatView["where"]): SeatView => ({
  ...facts,
  where,
  progress: run?.progress() ?? null,
  pictures,
});

/** Whether a seat gets its turn, and which, with these in Forge. */
function turnOf(seat: Seat, inForge: readonly Seat[], durations: Durations): Turn | null {
  const [front, ...more] = inForge;
  if (seat.wish === null) return null;
  if (front === undefined) return "alone";
  if (more.length > 0 || seat.wish.mustBeAlone || front.run === null) return null;
  const { overrideKeys } = front.run;
  const ahead = { ...progressOf(front), overrideKeys, isStopPending: front.isStopPending };
  return mayPostBehind(ahead, seat.wish.overrideKeys, durations) ? "behind" : null;
}

/**
 * Keeps the order in which this agent's jobs go through Forge: one runs, and the next is handed over when that
 * one is about to end or has left. `now` is a clock that never jumps, in milliseconds.
 */
export function createForgeLine(durations: () => Durations, now: () => number): ForgeLine {
  /** In the order in which they were taken. */
  let taken: readonly Seat[] = [];
  /** In the order in which they were called. */
  let inForge: readonly Seat[] = [];
  let isClosed = false;
  const listeners = new Set<() => void>();
  const isHeld = (seat: Seat) => !seat.isDelivering && !inForge.includes(seat);

  function update(): void {
    const first = isClosed ? undefined : taken.find(({ wish }) => wish !== null);
    const turn = first ? turnOf(first, inForge, durations()) : null;
    if (first?.wish && turn !== null) {
      // Its place in Forge is taken by that, which comes back to here.
      first.wish.call(turn);
      return;
    }
    inForge[0]?.nowFirst();
    for (const listener of [...listeners]) listener();
  }

  const line: LineOfSeats = {
    now,
    update,
    shots: new Set(),
    inForge: () => inForge,
    isAnyHeld: () => taken.some(isHeld),
    enter(seat) {
      for (const ahead of inForge) ahead.follow();
      inForge = [...inForge, seat];
      update();
    },
    leave(seat) {
      inForge = inForge.filter((one) => one !== seat);
      update();
    },
    end(seat) {
      taken = taken.filter((one) => one !== seat);
      update();
    },
  };

  return {
    join(facts) {
      const seat = new Seat(facts, line);
      taken = [...taken, seat];
      update();
      return seat;
    },
    inHand: () => ({
      held: taken.filter(isHeld).length,
      inForge: inForge.map((seat) => ({
        ...progressOf(seat),
        megapixelSteps: seat.facts.megapixelSteps,
        hasDisappointed: seat.hasDisappointed,
      })),
      delivering: taken.filter(({ isDelivering }) => isDelivering).length,
      deliveringBytes: taken.reduce((sum, { deliveringBytes }) => sum + deliveringBytes, 0),
    }),
    seats: () => [
      ...inForge.map((seat) => viewOf(seat, "in Forge")),
      ...taken
        .filter((seat) => !inForge.includes(seat))
        .map((seat) => viewOf(seat, seat.isDelivering ? "delivered" : "held")),
    ],
    taskIds: () => new Set(inForge.flatMap(({ run }) => (run ? [run.taskId] : []))),
    isEmpty: () => inForge.length === 0,
    dropUnbegun(reason) {
      for (const seat of taken) seat.drop(reason);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async whileEmpty(work) {
      if (isClosed || inForge.length > 0) return false;
      isClosed = true;
      try {
        await work();
        return true;
      } finally {
        isClosed = false;
        if (taken.some(({ wish }) => wish !== null)) update();
      }
    },
  };
}
