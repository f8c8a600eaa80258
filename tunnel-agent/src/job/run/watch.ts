import type { Durations } from "@mobilesd/contract";
import { type ForgeClient, ForgeUnreachableError } from "../../forge/client.ts";
import {
  type ForgeState,
  lookAtTask,
  NO_PREVIEW,
  type PreviewWish,
  readState,
  readTask,
  type TaskPreview,
  type TaskState,
} from "../../forge/progress.ts";
import { pause } from "../../pause.ts";
import {
  isCutShort,
  isHung,
  lookEveryMs,
  observe,
  progressOf,
  type RunProgress,
  type Seen,
  startWatch,
  type Watched,
} from "./watched.ts";

export interface Watcher {
  watched(): Watched;
  /** How far the run is at this moment. */
  progress(): RunProgress;
  /** Hears after each look. Answers what ends the listening. */
  onProgress(listener: (progress: RunProgress) => void): () => void;
  /** Settles with true once the run hangs, with false once `signal` ends the watch. */
  readonly hung: Promise<boolean>;
}

/** Who takes an interest in a run; asked again before each look. */
export interface WatchOptions {
  /** Whether somebody watches: previews are asked of Forge only then. */
  readonly isWatched: () => boolean;
  /** Whether another job waits for this one, or soon will. */
  readonly isQuick: () => boolean;
  /** Whether a job of ours stands behind this one in Forge's lock. */
  readonly isFollowed: () => boolean;
  /** Hears of each new preview, a data URI; `livePreviewEveryMs` or more lie between two. */
  readonly onPreview: (dataUri: string) => void;
}

/** Decides which preview a look asks for, and hands on what comes. */
function createPreviews(durations: Durations, options: WatchOptions) {
  let wish: PreviewWish | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    wishAt(now: number): PreviewWish | null {
      if (!options.isWatched()) {
        wish = null;
        return null;
      }
      // Who comes first sees what there is, even if it was seen before.
      wish ??= NO_PREVIEW;
      return now - askedAt >= durations.livePreviewEveryMs ? wish : null;
    },
    take(preview: { id: number; dataUri: string } | null, now: number) {
      if (preview === null) return;
      wish = { lastId: preview.id };
      askedAt = now;
      options.onPreview(preview.dataUri);
    },
  };
}

/**
 * Forge's state, of which the flags are those of a task that was found in `task` before. One that has left since
 * may have another generation behind it, whose flags they are then.
 */
async function readStateOf(
  forge: ForgeClient,
  taskId: string,
  task: TaskState,
): Promise<ForgeState | null> {
  const state = await readState(forge);
  if (state === null || task !== "active" || !isCutShort(state)) return state;
  const isStillActive = (await readTask(forge, taskId)) === "active";
  return isStillActive ? state : { ...state, isInterrupted: false, isSkipped: false };
}

/** Forge, and what times the looks at it. */
export interface WatchedForge {
  readonly client: ForgeClient;
  readonly durations: Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** One look at a task; `seen` is null where Forge does not tell enough of it. Throws when Forge is out of reach. */
async function lookAtRun(
  client: ForgeClient,
  taskId: string,
  wish: PreviewWish | null,
  isFollowed: () => boolean,
): Promise<{ readonly seen: Seen | null; readonly preview: TaskPreview | null }> {
  const { state: task, share, preview } = await lookAtTask(client, taskId, wish);
  const isDrawn = task === "active" && share !== null && share > 0;
  // The task tells neither the load of the model nor an Interrupt; what is not ours is not looked at.
  const isAsked = task === "unknown" || (task === "active" && (!isDrawn || isFollowed()));
  const state = isAsked ? await readStateOf(client, taskId, task) : null;
  return { seen: isAsked && state === null ? null : { task, share, state }, preview };
}

/** Waits until the next look is due. The interest may change at any moment: it is asked for before each shortest wait. */
async function waitForLook(
  { durations, now }: WatchedForge,
  watched: Watched,
  { isWatched, isQuick, isFollowed }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const lookedAt = now();
  for (;;) {
    const interest = { isWatched: isWatched(), isQuick: isQuick(), isFollowed: isFollowed() };
    const leftMs = lookedAt + lookEveryMs(watched, interest, now(), durations) - now();
    if (leftMs <= 0 || signal.aborted) return;
    await pause(Math.min(leftMs, durations.forgePollMs), signal);
  }
}

/**
 * Looks at a running task until `signal` ends it, as often as somebody takes an interest. A Forge that does not
 * answer for a moment is no hang.
 */
export function watchRun(
  forge: WatchedForge,
  taskId: string,
  options: WatchOptions,
  signal: AbortSignal,
): Watcher {
  const { client, durations, now } = forge;
  let watched = startWatch(now());
  const listeners = new Set<(progress: RunProgress) => void>();
  const previews = createPreviews(durations, options);
  const progress = () => progressOf(watched, now());
  const look = async () => {
    const wish = previews.wishAt(now());
    const { seen, preview } = await lookAtRun(client, taskId, wish, options.isFollowed);
    previews.take(preview, now());
    if (seen === null) return;
    watched = observe(watched, seen, now());
    for (const listener of [...listeners]) listener(progress());
  };
  const run = async (): Promise<boolean> => {
    while (!signal.aborted) {
      await look().catch((error: unknown) => {
        // Whether Forge is gone, the open request tells.
        if (!(error instanceof ForgeUnreachableError)) throw error;
      });
      if (isHung(watched, now(), durations)) return true;
      await waitForLook(forge, watched, options, signal);
    }
    return false;
  };
  return {
    watched: () => watched,
    progress,
    onProgress(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hung: run(),
  };
}
