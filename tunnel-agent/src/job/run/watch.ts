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

/** Forge, and what times the looks at it. */
export interface WatchedForge {
  readonly client: ForgeClient;
  readonly durations: Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** What is told apart by when it began, began this long apart at least: Forge tells whole seconds (1.8). */
const BEGAN_APART_MS = 1_000;

/**
 * Reads Forge's state of one task. The flags in it are global: where the task has left since it was found active,
 * they may be those of a generation behind it, which is told by when that began.
 */
function createStateReader({ client, now }: WatchedForge, taskId: string) {
  let firstActiveAt: number | null = null;
  /** Of a state that was read after the task was found active: its own, once it is found so again. */
  let supposed: string | null = null;
  let ownBeganAt: string | null = null;
  const isOurs = async ({ beganAt }: ForgeState, activeMs: number): Promise<boolean> => {
    if (beganAt === ownBeganAt && activeMs >= BEGAN_APART_MS) return true;
    return (await readTask(client, taskId)) === "active";
  };
  return {
    /** The task was found active. */
    foundActive(): void {
      firstActiveAt ??= now();
      ownBeganAt = supposed;
    },
    async read(task: TaskState): Promise<ForgeState | null> {
      const activeMs = firstActiveAt === null ? 0 : now() - firstActiveAt;
      const state = await readState(client);
      if (state === null || task !== "active") return state;
      supposed = state.beganAt;
      if (!isCutShort(state) || (await isOurs(state, activeMs))) return state;
      return { ...state, isInterrupted: false, isSkipped: false };
    },
  };
}
type StateReader = ReturnType<typeof createStateReader>;

/** One look at a task; `seen` is null where Forge does not tell enough of it. Throws when Forge is out of reach. */
async function lookAtRun(
  client: ForgeClient,
  taskId: string,
  reader: StateReader,
  wish: PreviewWish | null,
  isFollowed: () => boolean,
): Promise<{ readonly seen: Seen | null; readonly preview: TaskPreview | null }> {
  const { state: task, share, preview } = await lookAtTask(client, taskId, wish);
  if (task === "active") reader.foundActive();
  const isDrawn = task === "active" && share !== null && share > 0;
  // The task tells neither the load of the model nor an Interrupt; what is not ours is not looked at.
  const isAsked = task === "unknown" || (task === "active" && (!isDrawn || isFollowed()));
  const state = isAsked ? await reader.read(task) : null;
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
  const reader = createStateReader(forge, taskId);
  const progress = () => progressOf(watched, now());
  const look = async () => {
    const wish = previews.wishAt(now());
    const { seen, preview } = await lookAtRun(client, taskId, reader, wish, options.isFollowed);
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
