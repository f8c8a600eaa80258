import type { Durations, RunPhase } from "@mobilesd/contract";
import type { ForgeState, TaskState } from "../../forge/progress.ts";

/** What was seen of a run so far. Times are of a clock that never jumps, in milliseconds. */
export interface Watched {
  /** `waiting`: behind another generation. `finishing`: drawn, being encoded and sent. */
  readonly phase: RunPhase;
  readonly firstActiveAt: number | null;
  readonly lastSeenAt: number;
  readonly lastMoveAt: number;
  readonly mark: string;
  readonly modelLoadMs: number;
  /** Somebody pressed Interrupt or Skip at Forge: what it gives is half drawn, and does not say so (1.10). */
  readonly wasCutShort: boolean;
  /** The usual time between two moves: what makes a stall one. */
  readonly moveMsMean: number;
  /** How much is drawn, from 0 to 1, as of the last move. */
  readonly share: number;
  /** What the whole would take at the usual pace of the last moves; 0 before there was one. */
  readonly wholeMsMean: number;
  /** Moves that `wholeMsMean` rests on. */
  readonly drawnMoves: number;
}

/** How far a run is. */
export interface RunProgress {
  /** From 0 to 1; it may go back where Forge begins another pass. */
  readonly share: number;
  readonly phase: RunPhase;
  /** Milliseconds until Forge is done with it; null while that cannot be told. */
  readonly remainingMs: number | null;
  /** Milliseconds that one move takes, as of the last ones; 0 before there was one. */
  readonly moveMs: number;
}

/** One look at Forge. `state` is null where it was not asked for: then the task runs, and is drawn. */
export interface Seen {
  readonly task: TaskState;
  readonly share: number | null;
  readonly state: ForgeState | null;
}

export function startWatch(now: number): Watched {
  return {
    phase: "waiting",
    firstActiveAt: null,
    lastSeenAt: now,
    lastMoveAt: now,
    mark: "",
    modelLoadMs: 0,
    wasCutShort: false,
    moveMsMean: 0,
    share: 0,
    wholeMsMean: 0,
    drawnMoves: 0,
  };
}

function phaseOf(watched: Watched, { task, state }: Seen): RunPhase {
  const isActive = task === "active" || (task === "unknown" && (state?.isRunning ?? false));
  if (isActive) return state?.isLoadingModel ? "loading" : "drawing";
  return watched.firstActiveAt === null ? "waiting" : "finishing";
}

/** Weight of the newest move in the means: a step that slows down shows after some three. */
const NEWEST_WEIGHT = 0.3;

const meanWith = (mean: number, newest: number) =>
  mean === 0 ? newest : mean + (newest - mean) * NEWEST_WEIGHT;

/** Whether the generation that a state is of was told to end early. */
export function isCutShort({ isInterrupted, isSkipped }: ForgeState): boolean {
  return isInterrupted || isSkipped;
}

/** Changes whenever our own run moves. What moves while the task is not active is somebody else's. */
function markOf(phase: RunPhase, { task, share, state }: Seen): string {
  if (phase === "waiting" || phase === "finishing") return phase;
  const isDrawn = task === "active" && share !== null && share > 0;
  return isDrawn || state === null ? `${phase} ${share}` : state.mark;
}

/** What the whole would take, after a look that may have shown more of it. */
function wholeAfter(
  watched: Watched,
  share: number | null,
  now: number,
): Pick<Watched, "wholeMsMean" | "drawnMoves"> {
  const { wholeMsMean, drawnMoves, firstActiveAt } = watched;
  if (share === null || share <= watched.share || firstActiveAt === null) {
    return { wholeMsMean, drawnMoves };
  }
  // When the very first move was begun is not seen: it is counted from the load of the model on.
  const isFirst = drawnMoves === 0;
  const drawnMs = now - (isFirst ? firstActiveAt + watched.modelLoadMs : watched.lastMoveAt);
  const newest = drawnMs / (share - watched.share);
  // The first move has the encoding of the prompt in it: it counts no more once there is another.
  const before = drawnMoves > 1 ? wholeMsMean : 0;
  return { wholeMsMean: meanWith(before, newest), drawnMoves: drawnMoves + 1 };
}

/** What is known after one more look at Forge. Pure. */
export function observe(watched: Watched, seen: Seen, now: number): Watched {
  const phase = phaseOf(watched, seen);
  const isActive = phase === "loading" || phase === "drawing";
  const mark = markOf(phase, seen);
  const isMove = phase === "waiting" || mark !== watched.mark;
  const isStep = phase === "drawing" && watched.phase === "drawing";
  const share = isActive ? ((seen.task === "unknown" ? seen.state?.share : seen.share) ?? 0) : null;
  const isCut = isActive && seen.state !== null && isCutShort(seen.state);
  return {
    phase,
    mark,
    firstActiveAt: watched.firstActiveAt ?? (isActive ? now : null),
    lastSeenAt: now,
    lastMoveAt: isMove ? now : watched.lastMoveAt,
    modelLoadMs: watched.modelLoadMs + (phase === "loading" ? now - watched.lastSeenAt : 0),
    wasCutShort: watched.wasCutShort || isCut,
    // From one step to the next only: what lies before the first is the load of the model.
    moveMsMean:
      isMove && isStep
        ? meanWith(watched.moveMsMean, now - watched.lastMoveAt)
        : watched.moveMsMean,
    share: share ?? watched.share,
    ...wholeAfter(watched, share, now),
  };
}

/** A step may take so many times its usual time: the last one has the decode behind it. */
const STALL_FACTOR = 8;

function limitMs(watched: Watched, durations: Durations): number {
  switch (watched.phase) {
    case "waiting":
      return Number.POSITIVE_INFINITY;
    case "loading":
      return durations.modelLoadLimitMs;
    case "drawing":
      return Math.max(durations.stepStallLimitMs, STALL_FACTOR * watched.moveMsMean);
    case "finishing":
      return durations.answerLimitMs;
  }
}

/** Whether a run stands still longer than anything explains. Pure. */
export function isHung(watched: Watched, now: number, durations: Durations): boolean {
  return now - watched.lastMoveAt > limitMs(watched, durations);
}

function remainingMs({ phase, share, wholeMsMean, lastMoveAt }: Watched, now: number) {
  if (phase === "finishing") return 0;
  if (phase !== "drawing" || wholeMsMean === 0) return null;
  return Math.max(0, (1 - share) * wholeMsMean - (now - lastMoveAt));
}

/** How far a run is at this moment. Pure. */
export function progressOf(watched: Watched, now: number): RunProgress {
  const { phase, share, moveMsMean: moveMs } = watched;
  return { share, phase, remainingMs: remainingMs(watched, now), moveMs };
}

/** What decides how often Forge is looked at. */
export interface Interest {
  /** Whether somebody watches this server. */
  readonly isWatched: boolean;
  /** Whether another job waits for this one, or soon will. */
  readonly isQuick: boolean;
  /** Whether a job of ours stands behind this one in Forge's lock already. */
  readonly isFollowed: boolean;
}

/** With a job behind, Forge forgets a person's Interrupt in a moment: it is looked for so many times as often. */
const FOLLOWED_FACTOR = 4;

/**
 * Milliseconds from one look to the next. Until the first of a picture is drawn, and when its end is near, it is
 * short whoever watches: by these looks the load of the model is timed, and the next job sent. Pure.
 */
export function lookEveryMs(
  watched: Watched,
  interest: Interest,
  now: number,
  durations: Durations,
): number {
  const { forgePollMs, forgePollUnwatchedMs, prePostLeadMs } = durations;
  if (interest.isFollowed) return forgePollMs / FOLLOWED_FACTOR;
  if (watched.phase === "finishing") return forgePollUnwatchedMs;
  const leftMs = remainingMs(watched, now);
  const nearMs = prePostLeadMs + watched.moveMsMean + forgePollUnwatchedMs;
  const isEndNear = leftMs !== null && leftMs <= nearMs;
  const isEarly = watched.phase !== "drawing" || watched.share === 0;
  const isShort = interest.isWatched || interest.isQuick || isEarly || isEndNear;
  return isShort ? forgePollMs : forgePollUnwatchedMs;
}
