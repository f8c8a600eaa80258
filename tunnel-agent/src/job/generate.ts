import type { Durations } from "@mobilesd/contract";
import {
  AnswerTooLargeError,
  type ForgeAnswer,
  type ForgeClient,
  ForgeUnreachableError,
} from "../forge/client.ts";
import { interruptOwn } from "../forge/interrupt.ts";
import { pause } from "../pause.ts";
import { classifyError, type Failure, failure } from "./failure.ts";
import type { ForgeRequest } from "./payload.ts";
import { watchRun } from "./watch.ts";

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
  /** `stop` ended it; what Forge gave, if anything, is dropped. */
  | { readonly type: "stopped" };

interface Forge {
  readonly client: ForgeClient;
  readonly durations: Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
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

/** Ends our own task in Forge and waits, within a limit, for its request to settle. */
async function stopOwn(forge: Forge, taskId: string, settled: Promise<unknown>): Promise<void> {
  const { interruptLimitMs, forgePollMs } = forge.durations;
  const deadline = forge.now() + interruptLimitMs;
  let isOver = false;
  const over = settled.then(() => {
    isOver = true;
  });
  while (!isOver && forge.now() < deadline) {
    // Behind another generation it cannot be withdrawn: it is stopped as soon as it is active.
    const isStopped = await interruptOwn(forge.client, taskId).catch((error: unknown) => {
      if (error instanceof ForgeUnreachableError) return true;
      throw error;
    });
    await Promise.race([over, pause(isStopped ? deadline - forge.now() : forgePollMs)]);
  }
}

/**
 * Sends one request to Forge and stays with it until it is answered, hangs, or `stop` is given; then the
 * generation is interrupted, if it is ours that runs. Forge has no other end than an answer: a dropped
 * connection stops nothing (forge-reference 1.10).
 */
export async function generate(
  forge: Forge,
  request: ForgeRequest,
  taskId: string,
  stop: AbortSignal,
): Promise<GenerateEnd> {
  const { client, durations, now } = forge;
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
    await stopOwn(forge, taskId, settled);
    close.abort();
    if (first === "stopped") return { type: "stopped" };
    const { phase } = watcher.watched();
    const message = `Forge stood still while ${phase}; restart it if it stays so`;
    return { type: "failed", failure: failure("forge_died", "forge_hung", message) };
  }
  close.abort();
  if (first.type === "error") return fromError(first.error);
  const { answer } = first;
  if (answer.status !== 200) return { type: "failed", failure: classifyError(answer), answer };
  const { firstActiveAt, modelLoadMs, wasInterrupted } = watcher.watched();
  if (wasInterrupted) {
    const message = "Somebody interrupted the generation at Forge itself";
    return { type: "failed", failure: failure("infra", "incomplete_result", message) };
  }
  const totalMs = now() - (firstActiveAt ?? sentAt);
  const generationMs = Math.max(1, totalMs - modelLoadMs);
  return { type: "answer", body: answer.body, generationMs, modelLoadMs };
}
