import type { Durations } from "@mobilesd/contract";
import {
  AnswerTooLargeError,
  type ForgeAnswer,
  type ForgeClient,
  ForgeUnreachableError,
} from "../../forge/client.ts";
import { interruptOwn, type OwnRun } from "../../forge/interrupt.ts";
import { readState } from "../../forge/progress.ts";
import { pause } from "../../pause.ts";
import { type Failure, failure } from "../failure/failure.ts";
import { classifyError, isForgeNotUp } from "../failure/forge-errors.ts";
import type { ForgeRequest } from "../request/payload.ts";
import { isCutShort, type Watcher, watchRun } from "./watch.ts";

/** How one request to Forge ended. */
export type GenerateEnd =
  | {
      readonly type: "answer";
      readonly body: unknown;
      readonly generationMs: number;
      readonly modelLoadMs: number;
    }
  | { readonly type: "failed"; readonly failure: Failure; readonly answer?: ForgeAnswer }
  /** Forge could not even be asked: the run costs nothing. */
  | { readonly type: "not_sent" }
  /** One of the stops ended it; what Forge gave, if anything, is dropped. */
  | { readonly type: "stopped" };

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

type Settled =
  | { readonly type: "answer"; readonly answer: ForgeAnswer }
  | { readonly type: "error"; readonly error: unknown };

function fromError(error: unknown): GenerateEnd {
  if (error instanceof AnswerTooLargeError) {
    return { type: "failed", failure: failure("user", "incomplete_result", error.message) };
  }
  if (!(error instanceof ForgeUnreachableError)) throw error;
  if (!error.wasSent) return { type: "not_sent" };
  const message = `Forge went away during the run (${error.code})`;
  return { type: "failed", failure: failure("forge_died", "forge_unreachable", message) };
}

/** Milliseconds that an interrupt may take when the agent must go. */
const HURRY_MS = 1_000;

/** Ends our own run in Forge and waits, within a limit, for its request to settle; in a hurry, not at all. */
async function stopOwn(
  forge: Forge,
  run: OwnRun,
  settled: Promise<unknown>,
  hurry: AbortSignal,
): Promise<void> {
  const { interruptLimitMs, forgePollMs } = forge.durations;
  const shoot = () =>
    interruptOwn(forge.client, run).catch((error: unknown) => {
      if (error instanceof ForgeUnreachableError) return true;
      throw error;
    });
  if (hurry.aborted) {
    await Promise.race([shoot(), pause(HURRY_MS)]);
    return;
  }
  const over = new AbortController();
  void settled.then(() => over.abort());
  const enough = AbortSignal.any([over.signal, hurry, AbortSignal.timeout(interruptLimitMs)]);
  while (!enough.aborted) {
    // Behind another generation it cannot be withdrawn: it is stopped as soon as it is active.
    const isStopped = await shoot();
    await pause(isStopped ? interruptLimitMs : forgePollMs, enough);
  }
}

/**
 * Whether the run that has just been answered was cut short between two looks: an idle Forge still tells.
 * Where another generation has begun, what it tells is of that one.
 */
async function wasCutShortUnseen(client: ForgeClient): Promise<boolean> {
  try {
    const state = await readState(client);
    return state !== null && !state.isRunning && isCutShort(state);
  } catch (error) {
    if (error instanceof ForgeUnreachableError) return false;
    throw error;
  }
}

async function fromAnswer(
  forge: Forge,
  answer: ForgeAnswer,
  watcher: Watcher,
  sentAt: number,
): Promise<GenerateEnd> {
  const totalMs = forge.now() - (watcher.watched().firstActiveAt ?? sentAt);
  if (isForgeNotUp(answer)) return { type: "not_sent" };
  if (answer.status !== 200) {
    return { type: "failed", failure: classifyError(answer), answer };
  }
  const { modelLoadMs, wasCutShort } = watcher.watched();
  if (wasCutShort || (await wasCutShortUnseen(forge.client))) {
    const message =
      "Somebody pressed Interrupt or Skip at Forge, so that the picture was only half drawn.";
    const why = failure("infra", "incomplete_result", message);
    return { type: "failed", failure: why, answer };
  }
  const generationMs = Math.max(1, totalMs - modelLoadMs);
  return { type: "answer", body: answer.body, generationMs, modelLoadMs };
}

/** Whether nothing runs in Forge at this moment, as far as it says; null when it is not there at all. */
async function isIdle(client: ForgeClient): Promise<boolean | null> {
  try {
    const state = await readState(client);
    return state !== null && !state.isRunning;
  } catch (error) {
    if (error instanceof ForgeUnreachableError) return null;
    throw error;
  }
}

/**
 * Sends one request to Forge and stays with it until it is answered, hangs, or is stopped; then the
 * generation is interrupted, if it is ours that runs. Forge has no other end than an answer: a dropped
 * connection stops nothing (forge-reference 1.10).
 */
export async function generate(
  forge: Forge,
  request: ForgeRequest,
  taskId: string,
  { stop, hurry }: RunStops,
): Promise<GenerateEnd> {
  const { client, durations, now } = forge;
  const isAlone = await isIdle(client);
  // A Forge that went away before it was asked did not die of this job.
  if (isAlone === null) return { type: "not_sent" };
  const run = { taskId, isAlone };
  const sentAt = now();
  const close = new AbortController();
  const settled: Promise<Settled> = client
    .generate(request.path, request.body, close.signal)
    .then((answer) => ({ type: "answer" as const, answer }))
    .catch((error: unknown) => ({ type: "error" as const, error }));
  const watcher = watchRun(client, taskId, durations, now, close.signal);
  const stopped = new Promise<"stopped">((resolve) => {
    if (stop.aborted) resolve("stopped");
    stop.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  const hung = watcher.hung.then((isHung) => (isHung ? ("hung" as const) : ("stopped" as const)));
  const first = await Promise.race([settled, stopped, hung]);
  if (first === "stopped" || first === "hung") {
    const { phase } = watcher.watched();
    await stopOwn(forge, run, settled, hurry);
    close.abort();
    if (first === "stopped") return { type: "stopped" };
    const message = `Forge stood still while ${phase}; restart it if it stays so`;
    return { type: "failed", failure: failure("forge_died", "forge_hung", message) };
  }
  close.abort();
  if (first.type === "error") return fromError(first.error);
  return fromAnswer(forge, first.answer, watcher, sentAt);
}
