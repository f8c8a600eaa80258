import type { LeaseGrant } from "@mobilesd/contract";
import { ForgeUnreachableError } from "../forge/client.ts";
import { ghostsOf, settleGhosts } from "../forge/ghosts.ts";
import type { ForgeHealth } from "../forge/health.ts";
import type { RunDeps } from "../job/run/run-deps.ts";
import type { OpenRun } from "../journal.ts";
import { openSession, readHost, type Session } from "../session.ts";
import { isHandingOn, keepLists, sessionDepsOf } from "./keep-lists.ts";
import { type DaemonDeps, durationsOf, type Loop } from "./loop.ts";
import { unloadIfDue } from "./unload-order.ts";
import { hasRoom, whatToAsk } from "./when-to-take.ts";

/** What this round found. */
interface Found {
  /** Null while a run of ours is in Forge. */
  readonly health: ForgeHealth | null;
  /** Runs of ours in Forge that nobody is with. */
  readonly ghosts: readonly OpenRun[];
}

/** Whether somebody else's generation runs, or one of ours that nobody is with. */
const isTaken = ({ health, ghosts }: Found) => health?.type === "busy" || ghosts.length > 0;

/** Whether Forge's lists may be read now: neither under the hands of somebody else's run nor when a run of ours ends. */
const isCalm = (loop: Loop, found: Found) =>
  !isTaken(found) && (loop.line.isEmpty() || !hasRoom(loop.line.inHand(), durationsOf(loop)));

/** Greets the queue, and reads Forge's lists and options when they may be old. */
async function requireSession(deps: DaemonDeps, loop: Loop, found: Found): Promise<Session> {
  if (loop.session === null) {
    const now = deps.now();
    loop.session = await openSession(sessionDepsOf(deps));
    reached(deps, loop);
    deps.link.open(loop.session.id);
    loop.orders.hear(loop.session.orders);
    deps.state.change({ serverAlias: loop.session.serverAlias });
    loop.listsReadAt = now;
    // A generation shows its own overrides among the options.
    loop.lists = isTaken(found) ? "read_again" : "fresh";
  } else if (deps.now() >= loop.askAgainAt && isCalm(loop, found)) {
    await keepLists(deps, loop, loop.session);
  }
  if (loop.lists === "fresh" && loop.reading === null) loop.forgeFailures = 0;
  return loop.session;
}

/** Asks the queue, with or without room for a job. */
async function ask(deps: DaemonDeps, loop: Loop, slots: 0 | 1): Promise<LeaseGrant | null> {
  if (slots === 1) loop.claimId ??= deps.uuid();
  const body = {
    claim_id: loop.claimId ?? deps.uuid(),
    loaded_checkpoint: loop.boxWatch.checkpoint(),
    slots,
    is_connected: deps.link.isUp(),
  };
  const isDue = loop.isDue;
  // What the socket said before this question is older than its answer; what it says from now on may be newer.
  loop.orders.hearLink(deps.link);
  // What rings while the question is under way is a question of its own.
  if (slots === 1) loop.isDue = false;
  try {
    const answer = await deps.cloud.once("claimJob", { body });
    if (slots === 1) loop.claimId = null;
    loop.isDue ||= answer.has_more;
    loop.orders.hear(answer.orders);
    return answer.job;
  } catch (error) {
    loop.isDue ||= isDue;
    throw error;
  }
}

function runDepsOf(deps: DaemonDeps, loop: Loop, session: Session): RunDeps {
  const { lender, line, runs } = loop;
  return {
    ...deps,
    durations: session.durations,
    lender,
    line,
    track: runs.track,
    answered: loop.answered,
    host: session.host,
    readHostAgain: () => readHost(sessionDepsOf(deps)),
  };
}

/** Takes a job when there is room for one and the queue is to be asked. Answers how long to wait. */
async function take(deps: DaemonDeps, loop: Loop, found: Found, session: Session): Promise<number> {
  const { durations } = session;
  const now = deps.now();
  if (now < loop.askAgainAt) return loop.askAgainAt - now;
  const inHand = loop.line.inHand();
  const view = {
    isConnected: deps.link.isUp(),
    mode: loop.orders.mode(),
    isDue: loop.isDue,
    hasRoom: hasRoom(inHand, durations) && !isHandingOn(loop),
    isForgeTaken: isTaken(found),
    isIdle: inHand.held + inHand.inForge.length + inHand.delivering === 0,
    sinceAskedMs: now - loop.askedAt,
    sinceWorkMs: now - loop.lastWorkAt,
    sinceLostMs: now - loop.lostAt,
  };
  const next = whatToAsk(view, durations, loop.chance);
  if (next.type === "nothing") {
    return view.isForgeTaken ? Math.min(next.waitMs, durations.claimPollBusyMs) : next.waitMs;
  }
  const lease = await ask(deps, loop, next.type === "job" ? 1 : 0);
  loop.askedAt = deps.now();
  loop.chance = deps.random();
  reached(deps, loop);
  if (lease) loop.runs.begin(runDepsOf(deps, loop, session), lease);
  return 0;
}

/** The queue answered: whatever was put off because it did not is tried at once. */
function reached(deps: DaemonDeps, loop: Loop): void {
  if (loop.isQueueAway) deps.link.nudge();
  loop.isQueueAway = false;
  loop.failures = 0;
}

/** Looks at Forge, unless a run of ours does; null when it is not up, which is told. */
async function lookAround(deps: DaemonDeps, loop: Loop): Promise<Found | null> {
  const { line, boxWatch, lender } = loop;
  if (!line.isEmpty()) {
    boxWatch.working();
    return { health: null, ghosts: ghostsOf(deps.journal, line.taskIds()) };
  }
  const health = await boxWatch.look();
  const isUp = health.type === "ready" || health.type === "busy";
  const ghosts = isUp ? ghostsOf(deps.journal, line.taskIds()) : [];
  if (ghosts.length > 0) boxWatch.working();
  else boxWatch.tell(health);
  if (isUp) return { health, ghosts };
  if (loop.lists === "fresh") loop.lists = "read_again";
  lender.forget();
  return null;
}

/** Ends runs of ours that nobody is with. Beside the loop: a Forge that hangs keeps them for long. */
function endGhosts(
  deps: DaemonDeps,
  loop: Loop,
  ghosts: readonly OpenRun[],
  leave: AbortSignal,
): void {
  if (loop.isEndingGhosts) return;
  loop.isEndingGhosts = true;
  const { forgePollMs } = durationsOf(loop);
  const ending = loop.line
    .whileEmpty(() => settleGhosts(deps, ghosts, forgePollMs, leave))
    .then(() => undefined)
    .catch((error: unknown) => {
      // A Forge that is gone has none; one that is back is looked at again.
      if (!(error instanceof ForgeUnreachableError)) throw error;
    })
    .finally(() => {
      loop.isEndingGhosts = false;
      loop.wake();
    });
  loop.runs.track(ending);
}

/** Notes what the socket said, and whether it was lost. */
function hearLink({ link, now }: DaemonDeps, loop: Loop): void {
  loop.orders.hearLink(link);
  const isConnected = link.isUp();
  if (loop.wasConnected && !isConnected) loop.lostAt = now();
  loop.wasConnected = isConnected;
}

/** One round: sees to Forge and to what the owner wants, and takes a job or finds none. Answers how long to wait. */
export async function playRound(deps: DaemonDeps, loop: Loop, leave: AbortSignal): Promise<number> {
  const { line, lender, runs } = loop;
  runs.check();
  const { lateError } = loop;
  loop.lateError = null;
  if (lateError) throw lateError.error;
  hearLink(deps, loop);
  const found = await lookAround(deps, loop);
  if (found === null) return durationsOf(loop).claimPollBusyMs;
  const { health, ghosts } = found;
  if (health !== null && ghosts.length > 0) endGhosts(deps, loop, ghosts, leave);
  const isFree = health?.type === "ready" && ghosts.length === 0;
  if (isFree) await line.whileEmpty(lender.takeBack);
  const putOffMs = loop.askAgainAt - deps.now();
  if (loop.session === null && putOffMs > 0) return putOffMs;
  const session = await requireSession(deps, loop, found);
  if (isFree) await unloadIfDue({ ...deps, ...loop });
  if (leave.aborted) return 0;
  return take(deps, loop, found, session);
}
