import type { LeaseGrant } from "@mobilesd/contract";
import { ghostsOf, settleGhosts } from "../forge/ghosts.ts";
import type { ForgeHealth } from "../forge/health.ts";
import { OVERRIDE_KEYS } from "../job/request/payload-overrides.ts";
import { unload } from "../job/run/recover.ts";
import type { RunDeps } from "../job/run/run-deps.ts";
import type { OpenRun } from "../journal.ts";
import {
  openSession,
  readHost,
  refreshSession,
  type Session,
  type SessionDeps,
} from "../session.ts";
import { type DaemonDeps, durationsOf, type Loop } from "./loop.ts";
import { hasRoom, whatToAsk } from "./when-to-take.ts";

const sessionDepsOf = (deps: DaemonDeps): SessionDeps => ({ ...deps, overrideKeys: OVERRIDE_KEYS });

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
  const now = deps.now();
  if (loop.session === null) {
    loop.session = await openSession(sessionDepsOf(deps));
    deps.link.open(loop.session.id);
    loop.orders.hear(loop.session.orders);
    deps.state.change({ serverAlias: loop.session.serverAlias });
    loop.listsReadAt = now;
    // A generation shows its own overrides among the options.
    loop.lists = isTaken(found) ? "read_again" : "fresh";
    return loop.session;
  }
  const isOld = now - loop.listsReadAt >= loop.session.durations.catalogueRefreshMs;
  // Who rings wants a picture: lists that are only old are read when there is nothing to take.
  const isWanted = loop.lists !== "fresh" || (isOld && !loop.isDue);
  if (isWanted && isCalm(loop, found)) {
    const isForced = loop.lists === "hand_on";
    loop.lists = "fresh";
    try {
      loop.session = await refreshSession(loop.session, sessionDepsOf(deps), isForced);
    } catch (error) {
      loop.lists = isForced ? "hand_on" : "read_again";
      throw error;
    }
    loop.listsReadAt = now;
  }
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
    hasRoom: hasRoom(inHand, durations),
    isForgeTaken: isTaken(found),
    isIdle: inHand.held + inHand.inForge.length + inHand.delivering === 0,
    sinceAskedMs: now - loop.askedAt,
    sinceWorkMs: now - loop.lastWorkAt,
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
}

/** Empties the GPU's memory, if that was asked for and nothing of ours is in it or about to be. */
async function unloadIfDue({ forge, log }: DaemonDeps, loop: Loop): Promise<void> {
  const { line, orders, boxWatch } = loop;
  if (!orders.isUnloadDue() || line.inHand().held > 0) return;
  const isDone = await line.whileEmpty(() => unload(forge));
  if (!isDone) return;
  orders.unloaded();
  boxWatch.loaded(null);
  log.info({}, "The model is out of the GPU's memory, as its owner asked");
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
  if (isUp && ghosts.length > 0) return { health, ghosts };
  boxWatch.tell(health);
  if (isUp) return { health, ghosts };
  if (loop.lists === "fresh") loop.lists = "read_again";
  lender.forget();
  return null;
}

/** One round: sees to Forge and to what the owner wants, and takes a job or finds none. Answers how long to wait. */
export async function playRound(deps: DaemonDeps, loop: Loop, leave: AbortSignal): Promise<number> {
  const { line, lender, runs, orders } = loop;
  runs.check();
  orders.hearLink(deps.link);
  const found = await lookAround(deps, loop);
  if (found === null) return durationsOf(loop).claimPollBusyMs;
  const { health, ghosts } = found;
  const isFree = health?.type === "ready" && ghosts.length === 0;
  if (isFree) await line.whileEmpty(lender.takeBack);
  const session = await requireSession(deps, loop, found);
  if (health !== null && ghosts.length > 0) {
    const pollMs = session.durations.forgePollMs;
    await line.whileEmpty(() => settleGhosts(deps, ghosts, pollMs, leave));
    return 0;
  }
  if (isFree) await unloadIfDue(deps, loop);
  if (leave.aborted) return 0;
  return take(deps, loop, found, session);
}
