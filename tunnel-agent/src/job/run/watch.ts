import type { Durations } from "@mobilesd/contract";
import { type ForgeClient, ForgeUnreachableError } from "../../forge/client.ts";
import { type ForgeState, readState, readTask, type TaskState } from "../../forge/progress.ts";
import { pause } from "../../pause.ts";

/** `waiting`: behind somebody else's generation. `answering`: done, being encoded and sent. */
type Phase = "waiting" | "loading" | "sampling" | "answering";

/** What was seen of a run so far. Times are of a clock that never jumps, in milliseconds. */
export interface Watched {
  readonly phase: Phase;
  readonly firstActiveAt: number | null;
  readonly lastSeenAt: number;
  readonly lastMoveAt: number;
  readonly mark: string;
  readonly modelLoadMs: number;
  /** Somebody pressed Interrupt or Skip at Forge: what it gives is half drawn, and does not say so (1.10). */
  readonly wasCutShort: boolean;
  /** The usual time between two moves: what makes a stall one. */
  readonly moveMsMean: number;
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
  };
}

function phaseOf(watched: Watched, task: TaskState, state: ForgeState): Phase {
  const isActive = task === "active" || (task === "unknown" && state.isRunning);
  if (isActive) return state.isLoadingModel ? "loading" : "sampling";
  return watched.firstActiveAt === null ? "waiting" : "answering";
}

/** Weight of the newest move in the mean: a step that slows down shows after some three. */
const NEWEST_WEIGHT = 0.3;

/** Whether the generation that a state is of was told to end early. */
export function isCutShort({ isInterrupted, isSkipped }: ForgeState): boolean {
  return isInterrupted || isSkipped;
}

/** What is known after one more look at Forge. Pure. */
export function observe(
  watched: Watched,
  seen: { task: TaskState; state: ForgeState },
  now: number,
): Watched {
  const phase = phaseOf(watched, seen.task, seen.state);
  const isActive = phase === "loading" || phase === "sampling";
  // What moves while the task is not active is somebody else's.
  const mark = isActive ? seen.state.mark : phase;
  const isMove = phase === "waiting" || mark !== watched.mark;
  const isStep = phase === "sampling" && watched.phase === "sampling";
  const sinceMs = now - watched.lastMoveAt;
  const mean = watched.moveMsMean;
  const weight = mean === 0 ? 1 : NEWEST_WEIGHT;
  return {
    phase,
    mark,
    firstActiveAt: watched.firstActiveAt ?? (isActive ? now : null),
    lastSeenAt: now,
    lastMoveAt: isMove ? now : watched.lastMoveAt,
    modelLoadMs: watched.modelLoadMs + (phase === "loading" ? now - watched.lastSeenAt : 0),
    wasCutShort: watched.wasCutShort || (isActive && isCutShort(seen.state)),
    // From one step to the next only: what lies before the first is the load of the model.
    moveMsMean: isMove && isStep ? mean + (sinceMs - mean) * weight : mean,
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
    case "sampling":
      return Math.max(durations.stepStallLimitMs, STALL_FACTOR * watched.moveMsMean);
    case "answering":
      return durations.answerLimitMs;
  }
}

/** Whether a run stands still longer than anything explains. Pure. */
export function isHung(watched: Watched, now: number, durations: Durations): boolean {
  return now - watched.lastMoveAt > limitMs(watched, durations);
}

export interface Watcher {
  watched(): Watched;
  /** Settles with true once the run hangs, with false once `signal` ends the watch. */
  readonly hung: Promise<boolean>;
}

/** Looks at a running task until `signal` ends it. A Forge that does not answer for a moment is no hang. */
export function watchRun(
  forge: ForgeClient,
  taskId: string,
  durations: Durations,
  now: () => number,
  signal: AbortSignal,
): Watcher {
  let watched = startWatch(now());
  const look = async () => {
    const task = await readTask(forge, taskId);
    const state = await readState(forge);
    if (state) watched = observe(watched, { task, state }, now());
  };
  const run = async (): Promise<boolean> => {
    while (!signal.aborted) {
      await look().catch((error: unknown) => {
        // Whether Forge is gone, the open request tells.
        if (!(error instanceof ForgeUnreachableError)) throw error;
      });
      if (isHung(watched, now(), durations)) return true;
      await pause(durations.forgePollMs, signal);
    }
    return false;
  };
  return { watched: () => watched, hung: run() };
}
