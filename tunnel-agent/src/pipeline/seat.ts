import type { RunProgress } from "../job/run/watched.ts";
import { hasSameKeys } from "./when-to-post.ts";

/** A request of ours that Forge has, or is about to have. */
export interface PostedRun {
  readonly taskId: string;
  readonly overrideKeys: readonly string[];
  readonly progress: () => RunProgress;
}

/** Why a job that has not begun is let go of. `paused`: the queue has taken it back by itself. */
export type DropReason = "paused" | "drain" | "returned";

/** `alone`: nothing else of ours is in Forge. `behind`: one of ours runs, and ends soon. */
export type Turn = "alone" | "behind";

/** What is known of a job before it is begun. */
export interface SeatFacts {
  readonly jobId: string;
  /** What it is without a word of its prompt. */
  readonly label: string;
  /** Pixels in millions, times the steps. */
  readonly megapixelSteps: number;
}

/** What a job that wants its turn waits for. */
export interface TurnWish {
  readonly overrideKeys: readonly string[];
  readonly mustBeAlone: boolean;
}

/** What the line does for its seats. */
export interface LineOfSeats {
  now(): number;
  inForge(): readonly Seat[];
  /** Whether there is a job that is not in Forge yet. */
  isAnyHeld(): boolean;
  /** A seat is in Forge from now on: behind those that are there. */
  enter(seat: Seat): void;
  leave(seat: Seat): void;
  /** The job of a seat is over for this agent. */
  end(seat: Seat): void;
  /** Something changed: who is next, and who is to be told, is looked at anew. */
  update(): void;
  /** Interrupts of which it is not known yet whom they hit. */
  readonly shots: Set<Promise<unknown>>;
}

/** The place of one job on its way through Forge. */
export class Seat {
  readonly facts: SeatFacts;
  readonly #line: LineOfSeats;
  readonly #dropped = new AbortController();
  readonly #stranded = new AbortController();
  #wish: (TurnWish & { readonly call: (turn: Turn) => void }) | null = null;
  #run: PostedRun | null = null;
  #firstSince: number | null = null;
  #hasBegun = false;
  #isHit = false;
  #isStopPending = false;
  #deliveringBytes: number | null = null;
  #hasDisappointed = false;
  #wasFollowed = false;
  #stored: { readonly done: number; readonly total: number } | null = null;

  constructor(facts: SeatFacts, line: LineOfSeats) {
    this.facts = facts;
    this.#line = line;
  }

  /**
   * Waits until the job may be handed to Forge. Its place there is taken from then on, until `leave`. Throws
   * the signal's reason.
   */
  turn(wish: TurnWish, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const giveUp = () => {
        this.#wish = null;
        reject(signal.reason);
        this.#line.update();
      };
      const call = (turn: Turn) => {
        signal.removeEventListener("abort", giveUp);
        this.#wish = null;
        this.#line.enter(this);
        resolve(turn);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#wish = { ...wish, call };
      this.#line.update();
    });
  }

  /** What it waits for its turn with; null where it does not wait. */
  get wish(): (TurnWish & { readonly call: (turn: Turn) => void }) | null {
    return this.#wish;
  }

  /** The request that Forge has of it; null before Forge hears of one, and after it has left. */
  get run(): PostedRun | null {
    return this.#run;
  }

  /** Whether, its turn having come, what is in front of it is still such that it may be posted. */
  mayPost(overrideKeys: readonly string[]): boolean {
    const [front] = this.#line.inForge();
    if (front === this) return true;
    if (!front?.run || front.isStopPending) return false;
    return hasSameKeys(front.run.overrideKeys, overrideKeys);
  }

  /** Forge is about to hear of it. */
  posted(run: PostedRun): void {
    this.#run = run;
    this.#line.update();
  }

  /** Its progress changed. */
  moved(): void {
    this.#line.update();
  }

  /** It is to be stopped: nothing is posted behind it any more. */
  stopAsked(): void {
    this.#isStopPending = true;
  }

  get isStopPending(): boolean {
    return this.#isStopPending;
  }

  /** The seat that is in front of this one in Forge. */
  ahead(): Seat | null {
    const inForge = this.#line.inForge();
    return inForge[inForge.indexOf(this) - 1] ?? null;
  }

  /** The seat whose run is in Forge behind this one's. */
  next(): Seat | null {
    const inForge = this.#line.inForge();
    const behind = inForge[0] === this ? inForge[1] : undefined;
    return behind?.run ? behind : null;
  }

  /** Sends an interrupt for this run; until it is known whom it hit no other's answer is believed. */
  async shooting<T>(shot: Promise<T>): Promise<T> {
    const { shots } = this.#line;
    shots.add(shot);
    try {
      return await shot;
    } finally {
      shots.delete(shot);
    }
  }

  /** Waits until it is known of every interrupt of ours whom it hit. */
  async whileShooting(): Promise<void> {
    await Promise.allSettled(this.#line.shots);
  }

  /** Another's interrupt spoiled what it drew. */
  hit(): void {
    this.#isHit = true;
  }

  /** Whether it was hit since this was asked last. */
  takeHit(): boolean {
    const isHit = this.#isHit;
    this.#isHit = false;
    return isHit;
  }

  /** Forge is at a run that does not end: what waits behind it in Forge's lock is given up as well. */
  strandNext(): void {
    const next = this.next();
    if (next?.run?.progress().phase === "waiting") next.#stranded.abort();
  }

  /** Fires once Forge will not come to its run. */
  get stranded(): AbortSignal {
    return this.#stranded.signal;
  }

  /** Notes that nothing of ours is in front of it in Forge. */
  nowFirst(): void {
    this.#firstSince ??= this.#line.now();
  }

  /** Since when nothing of ours is in front of it, by the line's clock; null before that. */
  get firstSince(): number | null {
    return this.#firstSince;
  }

  /** Whether another job of ours waits for its turn, or is about to. */
  isAwaited(): boolean {
    return this.#line.isAnyHeld();
  }

  /** Another of ours was called behind it. */
  follow(): void {
    this.#wasFollowed = true;
  }

  /** Whether another of ours has come behind it, although that may have left before it. */
  get wasFollowed(): boolean {
    return this.#wasFollowed;
  }

  /** Forge has it no more, or never got it. */
  leave(): void {
    this.#run = null;
    this.#isStopPending = false;
    this.#firstSince = null;
    this.#wasFollowed = false;
    this.#line.leave(this);
  }

  /** From now on it is never dropped. */
  begin(): void {
    this.#hasBegun = true;
  }

  /** Lets go of it unless it has begun. */
  drop(reason: DropReason): void {
    if (this.#hasBegun || this.#dropped.signal.aborted) return;
    if (reason === "returned") this.#line.inForge()[0]?.disappoint();
    this.#dropped.abort(reason);
  }

  /** Fires with a `DropReason` once it is let go of. */
  get dropped(): AbortSignal {
    return this.#dropped.signal;
  }

  /** A job that was taken behind it had to be given back. */
  disappoint(): void {
    this.#hasDisappointed = true;
  }

  get hasDisappointed(): boolean {
    return this.#hasDisappointed;
  }

  /** Forge has given its pictures, in an answer of so many bytes. */
  delivering(bytes: number): void {
    this.#deliveringBytes = bytes;
    this.#line.update();
  }

  get isDelivering(): boolean {
    return this.#deliveringBytes !== null;
  }

  /** Bytes that lie in memory until its pictures are with the queue, at most. */
  get deliveringBytes(): number {
    return this.#deliveringBytes ?? 0;
  }

  /** So many of its pictures are with the queue. */
  stored(pictures: { readonly done: number; readonly total: number }): void {
    this.#stored = pictures;
    this.#line.update();
  }

  /** How many of its pictures are with the queue; null before they are on their way. */
  get pictures(): { readonly done: number; readonly total: number } | null {
    return this.#stored;
  }

  /** Nobody waits for this job any more. Where Forge is still at it, its place there stays until `leave`. */
  end(): void {
    this.#line.end(this);
  }
}
