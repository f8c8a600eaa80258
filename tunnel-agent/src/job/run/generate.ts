import type { Durations } from "@mobilesd/contract";
import {
  AnswerTooLargeError,
  type ForgeAnswer,
  type ForgeClient,
  ForgeUnreachableError,
  type RawAnswer,
} from "../../forge/client.ts";
import { readState } from "../../forge/progress.ts";
import type { Seat } from "../../pipeline/seat.ts";
import { type Failure, failure } from "../failure/failure.ts";
import { classifyError, isForgeNotUp } from "../failure/forge-errors.ts";
import type { ForgeRequest } from "../request/payload.ts";
import { stopRun } from "./stop-run.ts";
import { type Watcher, type WatchOptions, watchRun } from "./watch.ts";
import { isCutShort, type RunProgress } from "./watched.ts";

/** How one request to Forge ended. */
export type GenerateEnd =
  | {
      readonly type: "answer";
      readonly request: ForgeRequest;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly generationMs: number;
      readonly modelLoadMs: number;
    }
  /** `isOver` settles when Forge is done with it, false where it is left to it; it is done where there is none. */
  | {
      readonly type: "failed";
      readonly failure: Failure;
      readonly answer?: ForgeAnswer;
      readonly isOver?: Promise<boolean>;
    }
  /** Forge could not even be asked: the run costs nothing. */
  | { readonly type: "not_sent" }
  /** Forge went away or stands still while another run of ours is before this one: that is not of this. */
  | { readonly type: "not_begun" }
  /** One of the stops ended it; what Forge gives, if anything, is dropped. */
  | { readonly type: "stopped"; readonly isOver: Promise<boolean> };

interface Forge {
  readonly client: ForgeClient;
  readonly durations: Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** What may end a run before its answer. `hurry` implies `stop`. */
export interface RunStops {
  /** The result is not wanted any more: Forge is freed for the next job first. */
  readonly stop: AbortSignal;
  /** The agent itself must go: an interrupt is sent, and Forge is left to it. */
  readonly hurry: AbortSignal;
}

/** One request, and its place among those of this agent. */
export interface Posting {
  readonly request: ForgeRequest;
  readonly taskId: string;
  readonly seat: Seat;
  /** Forge was idle when its turn came, so that whatever runs there is this one. */
  readonly isAlone: boolean;
  readonly watch: Pick<WatchOptions, "isWatched" | "onPreview"> & {
    /** Hears after each look. */
    readonly onProgress: (progress: RunProgress) => void;
  };
}

type Settled =
  | { readonly type: "answer"; readonly answer: RawAnswer | ForgeAnswer }
  | { readonly type: "error"; readonly error: unknown };

/**
 * Whether Forge cannot have begun with it: others of ours stood before it, and a look that is hardly older than one
 * interval saw it wait.
 */
function isUnbegun(forge: Forge, { isAlone }: Posting, watcher: Watcher): boolean {
  const { firstActiveAt, lastSeenAt } = watcher.watched();
  if (isAlone || firstActiveAt !== null) return false;
  return forge.now() - lastSeenAt <= 2 * forge.durations.forgePollMs;
}

function fromError(
  forge: Forge,
  posting: Posting,
  watcher: Watcher,
  { error }: Extract<Settled, { type: "error" }>,
): GenerateEnd {
  if (error instanceof AnswerTooLargeError) {
    return { type: "failed", failure: failure("user", "incomplete_result", error.message) };
  }
  if (!(error instanceof ForgeUnreachableError)) throw error;
  if (!error.wasSent) return { type: "not_sent" };
  if (isUnbegun(forge, posting, watcher)) return { type: "not_begun" };
  const message = `Forge went away during the run (${error.code})`;
  const why = failure("forge_died", "forge_unreachable", message);
  return { type: "failed", failure: why, isOver: Promise.resolve(false) };
}

/**
 * Whether the run that has just been answered was cut short between two looks: an idle Forge still tells.
 * Where another generation has begun, what it tells is of that one, even if that is over by now.
 */
async function wasCutShortUnseen(client: ForgeClient, seat: Seat): Promise<boolean> {
  if (seat.wasFollowed) return false;
  try {
    const state = await readState(client);
    return !seat.wasFollowed && state !== null && !state.isRunning && isCutShort(state);
  } catch (error) {
    if (error instanceof ForgeUnreachableError) return false;
    throw error;
  }
}

async function fromAnswer(
  forge: Forge,
  { seat, request }: Posting,
  answer: RawAnswer | ForgeAnswer,
  watcher: Watcher,
  sentAt: number,
): Promise<GenerateEnd> {
  const { firstActiveAt, modelLoadMs, wasCutShort } = watcher.watched();
  const totalMs = forge.now() - (firstActiveAt ?? Math.max(sentAt, seat.firstSince ?? sentAt));
  if (!("bytes" in answer)) {
    if (isForgeNotUp(answer)) return { type: "not_sent" };
    return { type: "failed", failure: classifyError(answer), answer };
  }
  if (wasCutShort || (await wasCutShortUnseen(forge.client, seat))) {
    const message =
      "Somebody pressed Interrupt or Skip at Forge, so that the picture was only half drawn.";
    return { type: "failed", failure: failure("infra", "incomplete_result", message) };
  }
  const generationMs = Math.max(1, totalMs - modelLoadMs);
  return { type: "answer", request, bytes: answer.bytes, generationMs, modelLoadMs };
}

/** Sends the request, and looks after it until `close`. */
function open(forge: Forge, { request, taskId, seat, watch }: Posting, close: AbortSignal) {
  const settled: Promise<Settled> = forge.client
    .generate(request.path, request.body, close)
    .then((answer) => ({ type: "answer" as const, answer }))
    .catch((error: unknown) => ({ type: "error" as const, error }));
  const options = {
    ...watch,
    isQuick: () => seat.isAwaited(),
    isFollowed: () => seat.next() !== null,
  };
  const watcher = watchRun(forge, taskId, options, close);
  const overrideKeys = Object.keys(request.overrides);
  seat.posted({ taskId, overrideKeys, progress: watcher.progress });
  watcher.onProgress((progress) => {
    watch.onProgress(progress);
    seat.moved();
  });
  return { settled, watcher };
}

/**
 * Settles with `word` once the signal fires, and listens no longer than until `close`: a signal that outlives the
 * run would keep its answer, too.
 */
const heard = <W extends string>(signal: AbortSignal, word: W, close: AbortSignal) =>
  new Promise<W>((resolve) => {
    if (signal.aborted) resolve(word);
    signal.addEventListener("abort", () => resolve(word), { once: true, signal: close });
  });

/**
 * Sends one request to Forge and stays with it until it is answered, hangs, or is stopped; then the
 * generation is interrupted, if it is ours that runs. Forge has no other end than an answer: a dropped
 * connection stops nothing (forge-reference 1.10).
 */
export async function generate(
  forge: Forge,
  posting: Posting,
  { stop, hurry }: RunStops,
): Promise<GenerateEnd> {
  const { client, durations } = forge;
  const { taskId, seat, isAlone } = posting;
  const sentAt = forge.now();
  const close = new AbortController();
  const { settled, watcher } = open(forge, posting, close.signal);
  const hung = watcher.hung.then((isHung) => (isHung ? ("hung" as const) : ("stopped" as const)));
  const raced = new AbortController();
  const first = await Promise.race([
    settled,
    heard(stop, "stopped", raced.signal),
    heard(seat.stranded, "stranded", raced.signal),
    hung,
  ]).finally(() => raced.abort());
  if (first === "stranded") {
    close.abort();
    return { type: "not_begun" };
  }
  if (first === "stopped" || first === "hung") {
    const { phase } = watcher.watched();
    // Where Forge tells no task from another, what runs after this one has left the GPU may be anybody's.
    const run = { taskId, isAlone: isAlone && phase !== "finishing" };
    const stopping = stopRun({ client, durations, run, seat, settled }, hurry);
    const isOver = stopping.isOver
      .then((isDone) => {
        if (!isDone) seat.strandNext();
        return isDone;
      })
      .finally(() => close.abort());
    await stopping.wasAimed;
    if (first === "stopped") return { type: "stopped", isOver };
    const message = `Forge stood still while ${phase}; restart it if it stays so`;
    return { type: "failed", failure: failure("forge_died", "forge_hung", message), isOver };
  }
  close.abort();
  if (first.type === "error") return fromError(forge, posting, watcher, first);
  await seat.whileShooting();
  return fromAnswer(forge, posting, first.answer, watcher, sentAt);
}
