import { ProblemError } from "@mobilesd/contract";
import { backoffMs } from "./backoff.ts";
import { isPassing } from "./cloud/client.ts";
import { ForgeUnreachableError } from "./forge/client.ts";
import { ListUnreadableError } from "./forge/read-catalogue.ts";
import { createLoop, type DaemonDeps, type Loop } from "./pipeline/loop.ts";
import { playRound } from "./pipeline/round.ts";
import { showLine } from "./pipeline/show-line.ts";

export type { DaemonDeps } from "./pipeline/loop.ts";

/** Why the daemon ended. `refused`: the queue will not have this key; `superseded`: another took over. */
export type DaemonEnd = "stopped" | "refused" | "superseded";

/** What a refusal of the queue for good means; null when only this one request was wrong. */
function afterRefusal(
  deps: DaemonDeps,
  loop: Loop,
  error: ProblemError,
): number | DaemonEnd | null {
  if (error.is("session_superseded")) return "superseded";
  if (error.is("session_unknown")) {
    loop.session = null;
    deps.setSession(null);
    // To its hub the socket that stands is another session's: after the next hello it would be told to end.
    deps.link.close();
    loop.askAgainAt = Number.NEGATIVE_INFINITY;
    return 0;
  }
  deps.log.error({ code: error.problem.code }, `The queue refuses this agent: ${error.message}`);
  const { status } = error.problem;
  return status === 401 || status === 403 || status === 404 ? "refused" : null;
}

/** What an error of a round means: how long to wait, or why to end. Throws what is a defect of our own. */
function afterError(deps: DaemonDeps, loop: Loop, error: unknown): number | DaemonEnd {
  const isForges = error instanceof ForgeUnreachableError || error instanceof ListUnreadableError;
  const count = isForges ? "forgeFailures" : "failures";
  loop[count] += 1;
  const waitMs = backoffMs(loop[count], deps.random());
  // Every look at a run of ours begins a round: none of them asks before that is over.
  loop.askAgainAt = deps.now() + waitMs;
  if (error instanceof ForgeUnreachableError) {
    deps.log.debug({ error: error.message }, "Forge went away between two questions");
    return waitMs;
  }
  if (error instanceof ListUnreadableError) {
    loop.boxWatch.tellUnreadable(`${error.message}: this Forge cannot be used without that list`);
    return waitMs;
  }
  if (error instanceof ProblemError && !isPassing(error)) {
    return afterRefusal(deps, loop, error) ?? waitMs;
  }
  if (!(error instanceof Error) || !isPassing(error)) throw error;
  const level = loop.isQueueAway ? "debug" : "warn";
  loop.isQueueAway = true;
  deps.log[level]({ error: error.message }, "The queue is out of reach; trying again");
  return waitMs;
}

/** Waits for a bell, for a change of ours, or for so long; what rang is noted. */
function createWait(deps: DaemonDeps, loop: Loop, leave: AbortSignal) {
  let wakeUp = new AbortController();
  loop.wake = () => wakeUp.abort();
  leave.addEventListener("abort", loop.wake, { once: true });
  return async (ms: number): Promise<void> => {
    const why = await deps.link.wait(ms, wakeUp.signal);
    if (wakeUp.signal.aborted) wakeUp = new AbortController();
    if (why !== "work" && (why !== "link" || !deps.link.isUp())) return;
    loop.isDue = true;
    loop.askAgainAt = Number.NEGATIVE_INFINITY;
  };
}

function showQueue({ state, link }: DaemonDeps, { isQueueAway, session, isDue }: Loop): void {
  const isAway = isQueueAway || session === null;
  const queue = link.isUp() ? "connected" : isAway ? "away" : "polling";
  state.change({ queue, mayMoreWait: isDue });
}

async function tryRound(deps: DaemonDeps, loop: Loop, leave: AbortSignal) {
  try {
    return await playRound(deps, loop, leave);
  } catch (error) {
    return afterError(deps, loop, error);
  }
}

/** Rounds until the agent is told to leave, or may not go on. */
async function playRounds(deps: DaemonDeps, loop: Loop, leave: AbortSignal): Promise<DaemonEnd> {
  const wait = createWait(deps, loop, leave);
  const stopHearing = loop.line.onChange(() => loop.wake());
  try {
    while (!leave.aborted) {
      const next = await tryRound(deps, loop, leave);
      if (typeof next === "string") return next;
      showQueue(deps, loop);
      if (next > 0) await wait(next);
    }
    return deps.link.superseded.aborted ? "superseded" : "stopped";
  } finally {
    stopHearing();
  }
}

/** Shows how this agent ends from the moment that it is told to. */
function showStop({ state, stop }: DaemonDeps): void {
  stop.drain.addEventListener("abort", () => state.change({ stopping: "after the job" }));
  stop.now.addEventListener("abort", () => state.change({ stopping: "now" }));
}

/**
 * The agent's run loop: takes jobs so that Forge never waits for the next one, until it is stopped, refused or
 * superseded. What has begun is run to its end, and what was made is brought to the queue, before it answers.
 */
export async function runDaemon(deps: DaemonDeps): Promise<DaemonEnd> {
  const loop = createLoop(deps);
  const { line, runs, lender } = loop;
  showStop(deps);
  const stopShowing = showLine(line, deps.state);
  const leave = AbortSignal.any([deps.stop.drain, deps.link.superseded]);
  try {
    const end = await playRounds(deps, loop, leave);
    if (end === "stopped") line.dropUnbegun("drain");
    else runs.abandon();
    await runs.settle();
    await line.whileEmpty(lender.takeBack);
    return end;
  } finally {
    stopShowing();
    deps.link.close();
    await deps.images.close();
  }
}
