import { type Durations, LIMITS, type RunPhase, type ServerMode } from "@mobilesd/contract";

/** What is known of a run of ours that Forge has. */
export interface Ahead {
  readonly phase: RunPhase;
  /** Until it leaves the GPU; null while that cannot be told. */
  readonly remainingMs: number | null;
  /** How much it is to draw: pixels in millions, times the steps. */
  readonly megapixelSteps: number;
  /** A job that was taken behind it had to be given back: its end was further off than it seemed. */
  readonly hasDisappointed: boolean;
}

/** What this agent has in its hands. */
export interface InHand {
  /** Jobs that were taken and are not in Forge: being prepared, or waiting for their turn. */
  readonly held: number;
  /** Runs of ours in Forge, the one that runs first. */
  readonly inForge: readonly Ahead[];
  /** Jobs whose pictures are on their way to the queue. */
  readonly delivering: number;
  /** Bytes of these pictures. */
  readonly deliveringBytes: number;
}

/**
 * A run whose end cannot be told yet is short when it has no more than this to draw: a picture of 1024² in 20
 * steps, which a slow card draws well within the time after which a job taken early is given back.
 */
const SHORT_MEGAPIXEL_STEPS = 25;

function endsSoon(ahead: Ahead, durations: Durations): boolean {
  if (ahead.hasDisappointed || ahead.phase === "waiting") return false;
  if (ahead.phase === "finishing") return true;
  if (ahead.remainingMs !== null) return ahead.remainingMs <= durations.prefetchLeadMs;
  return ahead.phase === "drawing" && ahead.megapixelSteps <= SHORT_MEGAPIXEL_STEPS;
}

/** Bytes of answers that may wait here while another job is taken: one with five pictures of 2048². Memory is Forge's. */
const DELIVERING_BYTES_MAX = 48_000_000;

/** Whether there is room for one more job: at most one runs and one more waits for it to end. Pure. */
export function hasRoom(inHand: InHand, durations: Durations): boolean {
  const { held, inForge, delivering, deliveringBytes } = inHand;
  // Pictures that are on their way lie in memory.
  const isFull = delivering >= LIMITS.deliveriesMax || deliveringBytes > DELIVERING_BYTES_MAX;
  if (held > 0 || isFull) return false;
  const [ahead, ...more] = inForge;
  if (ahead === undefined) return true;
  return more.length === 0 && endsSoon(ahead, durations);
}

/** What decides whether the queue is asked now. */
export interface AskView {
  readonly isConnected: boolean;
  /** Null before the queue has told it. */
  readonly mode: ServerMode | null;
  /** A bell rang, the socket came up, the box was let go on, or the last answer said that there is more. */
  readonly isDue: boolean;
  readonly hasRoom: boolean;
  /** Somebody else's generation runs in Forge. */
  readonly isForgeTaken: boolean;
  readonly isIdle: boolean;
  readonly sinceAskedMs: number;
  readonly sinceWorkMs: number;
  /** Since the socket was lost; infinite where none was. */
  readonly sinceLostMs: number;
}

/** What to ask of the queue, and otherwise the longest that may pass before this is decided anew. */
export type Ask =
  | { readonly type: "job" }
  /** Takes nothing: tells that the box is there, and hears what its owner wants of it. */
  | { readonly type: "presence" }
  | { readonly type: "nothing"; readonly waitMs: number };

/** Intervals of polling are stretched or shortened by a tenth, so that boxes do not ask in step. */
const JITTER = 0.1;

function pollMs(view: AskView, durations: Durations): number {
  const wasBusy = view.sinceWorkMs <= durations.claimPollBusyForMs && view.mode !== "paused";
  return wasBusy && !view.isForgeTaken ? durations.claimPollBusyMs : durations.claimPollIdleMs;
}

/** How long ago the clock began that says when the queue is asked next, and how long it runs. */
function clockOf(view: AskView, durations: Durations, random: number) {
  const { isConnected, sinceAskedMs, sinceLostMs } = view;
  if (isConnected) return { sinceMs: sinceAskedMs, everyMs: durations.claimBackstopMs };
  if (sinceLostMs < sinceAskedMs) {
    // All boxes lose theirs at a deploy. Most have it back by then; the others do not ask all together.
    const everyMs = durations.reconnectSpreadMs * (1 + random) + pollMs(view, durations);
    return { sinceMs: sinceLostMs, everyMs };
  }
  const everyMs = pollMs(view, durations) * (1 - JITTER + 2 * JITTER * random);
  return { sinceMs: sinceAskedMs, everyMs };
}

/**
 * Whether to ask the queue for a job. With a socket a bell says when; without one the clock does. Whether any is
 * granted, the queue alone decides: the mode that was heard last may be an old one. `random` lies in [0, 1). Pure.
 */
export function whatToAsk(view: AskView, durations: Durations, random: number): Ask {
  const { isConnected } = view;
  const isOpen = view.hasRoom && !view.isForgeTaken;
  const { sinceMs, everyMs } = clockOf(view, durations, random);
  const isTime = sinceMs >= everyMs;
  if (isOpen && (view.isDue || isTime)) return { type: "job" };
  // What is held shows itself by its heartbeats, and a socket by itself.
  if (isTime && !isConnected && view.isIdle) return { type: "presence" };
  const waitMs = isTime ? durations.claimPollIdleMs : everyMs - sinceMs;
  // A look at Forge is worth it now and then, although nothing is asked of the queue.
  return { type: "nothing", waitMs: Math.min(waitMs, durations.claimPollIdleMs) };
}
