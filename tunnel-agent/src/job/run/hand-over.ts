import type { LeaseGrant, ResolvedParams } from "@mobilesd/contract";
import { type ForgeClient, ForgeUnreachableError } from "../../forge/client.ts";
import type { Host, HostOptions } from "../../forge/host.ts";
import { readState, readTask } from "../../forge/progress.ts";
import { pause } from "../../pause.ts";
import type { Seat, Turn } from "../../pipeline/seat.ts";
import type { Prepared } from "../before/prepare.ts";
import { buildRequest } from "../request/payload.ts";
import { overridesOf } from "../request/payload-overrides.ts";
import { type GenerateEnd, generate, type Posting, type RunStops } from "./generate.ts";
import type { RunDeps } from "./run-deps.ts";

/** Everything that decides what is asked of Forge. */
export interface Work {
  readonly lease: LeaseGrant;
  readonly params: ResolvedParams;
  readonly host: Host;
  readonly prepared: Prepared;
}

/** One job on its way through Forge. */
export interface Passage {
  readonly seat: Seat;
  readonly stops: RunStops;
  /** Ends it as long as it has not begun. */
  readonly unbegun: AbortSignal;
  /** Tells the queue that the job begins, the first time; answers whether it was cancelled before. */
  readonly start: (taskId: string) => Promise<{ readonly isCancelled: boolean }>;
  readonly watch: Posting["watch"];
}

/** How a request ended. `cancelled`: the queue said so before it was sent. */
export type Posted = GenerateEnd | { readonly type: "cancelled" };

/** The id by which one request is known in Forge: a new one each time (forge-reference 1.9). */
const newTaskId = (deps: RunDeps) => `task(mobilesd-${deps.uuid()})`;

/** Waits while somebody else's generation runs, which is not ours to stop; false when Forge is not there (yet). */
async function waitForIdle(
  client: ForgeClient,
  pollMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    try {
      const state = await readState(client);
      if (state === null) return false;
      if (!state.isRunning) return true;
    } catch (error) {
      if (error instanceof ForgeUnreachableError) return false;
      throw error;
    }
    await pause(pollMs, signal);
    if (signal.aborted) throw signal.reason;
  }
}

/** Waits for a turn. Null when Forge is not there at all. */
async function takeTurn(
  deps: RunDeps,
  work: Work,
  { seat, unbegun }: Passage,
  mustBeAlone: boolean,
): Promise<Turn | null> {
  const predicted = overridesOf(work.params, work.prepared, work.host.options.own);
  const overrideKeys = Object.keys(predicted);
  const turn = await seat.turn({ overrideKeys, mustBeAlone }, unbegun);
  if (turn === "behind") return turn;
  return (await waitForIdle(deps.forge, deps.durations.forgePollMs, unbegun)) ? turn : null;
}

/** Both, in parallel; nothing goes on behind the back of one that failed. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/**
 * Whether the next to run in Forge is the one that is posted now. Not so where somebody else's generation has
 * begun since ours left the GPU. With `--nowebui` Forge does not tell which of two runs is active (1.9), so
 * that none could be stopped without harm to the other: there it is never so.
 */
async function isNextInForge(client: ForgeClient, seat: Seat): Promise<boolean> {
  const ahead = seat.ahead()?.run;
  const task = ahead ? await readTask(client, ahead.taskId) : "completed";
  if (task !== "completed") return task === "active";
  return (await readState(client))?.isRunning === false;
}

type Begun =
  | { readonly type: "begun"; readonly own: HostOptions["own"] }
  | { readonly type: "cancelled" }
  | { readonly type: "not_now" };

/** Notes what is about to be changed in Forge, and tells the queue that the job begins. */
async function begin(
  deps: RunDeps,
  work: Work,
  passage: Passage,
  turn: Turn,
  taskId: string,
): Promise<Begun> {
  const { modules } = work.host.catalogue;
  const { lender } = deps;
  const overridesWith = (options: HostOptions["own"]) =>
    overridesOf(work.params, work.prepared, options);
  if (turn === "alone") {
    passage.seat.begin();
    const lending = lender.lend(modules, overridesWith);
    const [started, own] = await both(passage.start(taskId), lending);
    return started.isCancelled ? { type: "cancelled" } : { type: "begun", own };
  }
  const isNext = await isNextInForge(deps.forge, passage.seat);
  const own = isNext ? await lender.lendBehind(modules, overridesWith) : null;
  if (own === null) return { type: "not_now" };
  if (passage.unbegun.aborted) throw passage.unbegun.reason;
  passage.seat.begin();
  const started = await passage.start(taskId);
  return started.isCancelled ? { type: "cancelled" } : { type: "begun", own };
}

/** What Forge has in memory after a run: what an error leaves there cannot be told, nor what a second model does. */
function checkpointAfter({ checkpoints }: Prepared, end: GenerateEnd): string | null {
  const isError = end.type === "failed" && end.answer !== undefined;
  const isMixed = checkpoints.hires !== null || checkpoints.refiner !== null;
  return isError || isMixed ? null : checkpoints.main;
}

/** One request that was sent. */
interface Sent {
  readonly seat: Seat;
  readonly taskId: string;
  readonly prepared: Prepared;
  readonly askedAt: number;
}

/** Sees to what a request leaves behind, as soon as Forge is done with it. */
function cleanUp(deps: RunDeps, { seat, taskId, prepared, askedAt }: Sent, end: GenerateEnd): void {
  const { journal, line, lender } = deps;
  const leave = async (isOver: boolean) => {
    if (isOver && end.type !== "not_sent") deps.answered(checkpointAfter(prepared, end), askedAt);
    // What has no answer may go on in Forge: it stays in the journal, to be looked for before the next job.
    const removed = isOver ? journal.remove(taskId) : null;
    seat.leave();
    await removed;
    if (isOver) await line.whileEmpty(lender.takeBack);
  };
  const isOver = "isOver" in end ? end.isOver : end.type !== "not_begun";
  deps.track(isOver instanceof Promise ? isOver.then(leave) : leave(isOver ?? true));
}

/** Hands the request over now that it is its turn; null where what is in front forbids it after all. */
async function post(
  deps: RunDeps,
  work: Work,
  passage: Passage,
  turn: Turn,
): Promise<Posted | null> {
  const { seat, stops, watch } = passage;
  const { lease, params, host, prepared } = work;
  const taskId = newTaskId(deps);
  const begun = await begin(deps, work, passage, turn, taskId);
  if (begun.type === "not_now") return null;
  if (begun.type === "cancelled") return { type: "cancelled" };
  const facts = { taskId, prepared, own: begun.own, keepsOverrides: host.isDedicated };
  const request = buildRequest(params, facts);
  await deps.journal.add({
    task_id: taskId,
    mobilesd_job_id: lease.mobilesd_job_id,
    epoch: lease.epoch,
    posted_at: deps.wallClock().toISOString(),
  });
  const isWanted = !stops.stop.aborted;
  if (!isWanted || !seat.mayPost(Object.keys(request.overrides))) {
    await deps.journal.remove(taskId);
    if (!isWanted) throw stops.stop.reason;
    return null;
  }
  const forge = { client: deps.forge, durations: deps.durations, now: deps.now };
  deps.log.debug({ job_id: lease.mobilesd_job_id, turn }, "Handing the job to Forge");
  const askedAt = deps.now();
  const posting = { request, taskId, seat, watch, isAlone: turn === "alone" };
  const end = await generate(forge, posting, stops);
  cleanUp(deps, { seat, taskId, prepared, askedAt }, end);
  return end;
}

/**
 * Hands one request to Forge when its turn comes, and stays with it to its end. Its id, and what it changes of
 * the owner's options, are in the journal before Forge hears of it. With `first`, which is done once Forge is
 * free, it is posted behind nothing. Throws `ForgeUnreachableError`, and the reason of what ended it before it
 * was sent.
 */
export async function handOver(
  deps: RunDeps,
  work: Work,
  passage: Passage,
  first: (() => Promise<void>) | null = null,
): Promise<Posted> {
  const { seat } = passage;
  let mustBeAlone = first !== null;
  for (;;) {
    let isSent = false;
    try {
      const turn = await takeTurn(deps, work, passage, mustBeAlone);
      if (turn === null) return { type: "not_sent" };
      await first?.();
      const posted = await post(deps, work, passage, turn);
      isSent = posted !== null && posted.type !== "cancelled";
      if (posted) return posted;
    } finally {
      if (!isSent) seat.leave();
    }
    mustBeAlone = true;
  }
}
