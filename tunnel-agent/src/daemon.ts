import { DURATIONS, type LeaseGrant, ProblemError } from "@mobilesd/contract";
import { backoffMs } from "./backoff.ts";
import { type Cloud, isPassing } from "./cloud/client.ts";
import { type ForgeClient, ForgeUnreachableError } from "./forge/client.ts";
import { settleGhosts } from "./forge/ghosts.ts";
import { checkForge, describeHealth, type ForgeHealth } from "./forge/health.ts";
import { createLender, type Lender } from "./forge/lender.ts";
import type { BoxSettings } from "./forge/look-at-host.ts";
import { ListUnreadableError } from "./forge/read-catalogue.ts";
import { OVERRIDE_KEYS } from "./job/request/payload-overrides.ts";
import type { RunDeps } from "./job/run/run-deps.ts";
import { type RunEnd, runJob } from "./job/run/run-job.ts";
import type { Journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";
import {
  openSession,
  readHost,
  refreshSession,
  type Session,
  type SessionDeps,
} from "./session.ts";
import type { Stop } from "./stop.ts";

export interface DaemonDeps {
  readonly cloud: Cloud;
  readonly forge: ForgeClient;
  readonly forgeUrl: string;
  readonly box: BoxSettings;
  readonly journal: Journal;
  readonly log: Log;
  readonly stop: Stop;
  readonly agentVersion: string;
  /** Told of the session's id, or of its end, so that requests carry it. */
  readonly setSession: (id: string | null) => void;
  readonly uuid: () => string;
  readonly random: () => number;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  readonly wallClock: () => Date;
}

/** Why the daemon ended. `refused`: the queue will not have this key; `superseded`: another took over. */
export type DaemonEnd = "stopped" | "refused" | "superseded";

/** What goes on between the rounds of the loop. */
interface Loop {
  readonly lender: Lender;
  session: Session | null;
  /** Whether Forge's lists must be read before the next job, and handed on even if they are the same. */
  lists: "fresh" | "read_again" | "hand_on";
  /** Checkpoints that have run: a second run tells nothing new of them. */
  readonly seen: Set<string>;
  healthTold: string | null;
  catalogueReadAt: number;
  lastWorkAt: number;
  presenceShownAt: number;
  /** Kept until it is answered, so that a lost answer is asked for again and no second job is taken. */
  claimId: string | null;
  failures: number;
}

const isUp = (health: ForgeHealth) => health.type === "ready" || health.type === "busy";

/** Says in words how Forge is, whenever that changes. */
function tellHealth(deps: DaemonDeps, loop: Loop, health: ForgeHealth): void {
  if (!isUp(health)) {
    if (loop.lists === "fresh") loop.lists = "read_again";
    loop.lender.forget();
  }
  const words = describeHealth(health, deps.forgeUrl);
  if (words === loop.healthTold) return;
  if (words !== null) deps.log.warn({ forge: health.type }, words);
  else deps.log.info({}, "Forge is ready");
  loop.healthTold = words;
}

const sessionDepsOf = (deps: DaemonDeps): SessionDeps => ({ ...deps, overrideKeys: OVERRIDE_KEYS });

/** Greets the queue, and reads Forge's lists and options when they may be old. */
async function requireSession(deps: DaemonDeps, loop: Loop, isBusy: boolean): Promise<Session> {
  const now = deps.now();
  if (loop.session === null) {
    loop.session = await openSession(sessionDepsOf(deps));
    loop.catalogueReadAt = now;
    loop.lists = "fresh";
    // A generation shows its own overrides among the options.
    if (isBusy) loop.lists = "read_again";
  }
  const { catalogueRefreshMs } = loop.session.durations;
  const isOld = loop.lists !== "fresh" || now - loop.catalogueReadAt >= catalogueRefreshMs;
  if (isOld && !isBusy) {
    const isForced = loop.lists === "hand_on";
    loop.session = await refreshSession(loop.session, sessionDepsOf(deps), isForced);
    loop.catalogueReadAt = now;
    loop.lists = "fresh";
  }
  return loop.session;
}

async function claim(deps: DaemonDeps, loop: Loop): Promise<LeaseGrant | null> {
  loop.claimId ??= deps.uuid();
  const body = { claim_id: loop.claimId, loaded_checkpoint: null };
  const { job } = await deps.cloud.once("claimJob", { body });
  loop.claimId = null;
  return job;
}

/** Lets the queue know that the box is there although it takes no job: at the pace of an idle one. */
async function showPresence(deps: DaemonDeps, loop: Loop, everyMs: number): Promise<void> {
  const now = deps.now();
  if (now - loop.presenceShownAt < everyMs) return;
  loop.presenceShownAt = now;
  const body = { claim_id: deps.uuid(), loaded_checkpoint: null, slots: 0 };
  await deps.cloud.once("claimJob", { body });
}

const SENTENCES: Record<RunEnd["type"], string> = {
  completed: "Completed",
  cancelled: "Cancelled",
  released: "Given back to the queue",
  lost: "The lease was lost; what Forge made is dropped",
  failed: "The run failed",
  missing_name: "Not run: a name is missing on this box",
};

function tellEnd(log: Log, lease: LeaseGrant, end: RunEnd): void {
  const fields = { job_id: lease.mobilesd_job_id, epoch: lease.epoch };
  if ("failure" in end) {
    const { reason, message } = end.failure;
    log.warn({ ...fields, reason, error: message }, SENTENCES[end.type]);
  } else {
    log.info(fields, SENTENCES[end.type]);
  }
}

/**
 * What a run says about the lists: the first load gives a model its hash; another model than the one asked
 * for, or a name that is missing, mean that they are old on one side or the other.
 */
function listsAfter(end: RunEnd, checkpointName: string, seen: Set<string>): Loop["lists"] {
  const isFirst = !seen.has(checkpointName);
  seen.add(checkpointName);
  if (end.type === "missing_name") return "hand_on";
  const reason = end.type === "failed" ? end.failure.reason : null;
  if (reason === "wrong_model") return "hand_on";
  // Results without a text: its owner may have switched it off a moment ago.
  if (reason === "incomplete_result") return "read_again";
  return isFirst ? "read_again" : "fresh";
}

function runDepsOf(deps: DaemonDeps, loop: Loop, session: Session): RunDeps {
  return {
    ...deps,
    durations: session.durations,
    lender: loop.lender,
    host: session.host,
    readHostAgain: () => readHost(sessionDepsOf(deps)),
  };
}

/** One round: takes a job and runs it to its end, or finds none. Answers how long to wait then. */
async function round(deps: DaemonDeps, loop: Loop): Promise<number> {
  const { forge, journal, log, stop } = deps;
  const health = await checkForge(forge);
  const isHaunted = isUp(health) && journal.openRuns().length > 0;
  if (!isHaunted) tellHealth(deps, loop, health);
  if (!isUp(health)) return (loop.session?.durations ?? DURATIONS).claimPollBusyMs;
  if (health.type === "ready" && !isHaunted) await loop.lender.takeBack();
  const session = await requireSession(deps, loop, health.type === "busy" || isHaunted);
  const { durations } = session;
  if (isHaunted) {
    await settleGhosts(forge, journal, log, durations.forgePollMs, stop.drain);
    return 0;
  }
  if (health.type === "busy") {
    await showPresence(deps, loop, durations.claimPollIdleMs);
    return durations.claimPollBusyMs;
  }
  if (stop.drain.aborted) return 0;
  const lease = await claim(deps, loop);
  loop.failures = 0;
  if (lease === null) {
    const isIdle = deps.now() - loop.lastWorkAt > durations.claimPollBusyForMs;
    return isIdle ? durations.claimPollIdleMs : durations.claimPollBusyMs;
  }
  log.info({ job_id: lease.mobilesd_job_id, epoch: lease.epoch }, "Took a job");
  const end = await runJob(runDepsOf(deps, loop, session), lease, stop);
  tellEnd(log, lease, end);
  loop.lastWorkAt = deps.now();
  loop.lists = listsAfter(end, lease.checkpoint_name, loop.seen);
  return 0;
}

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
    return 0;
  }
  deps.log.error({ code: error.problem.code }, `The queue refuses this agent: ${error.message}`);
  const { status } = error.problem;
  return status === 401 || status === 403 || status === 404 ? "refused" : null;
}

/** What an error of a round means: how long to wait, or why to end. Throws what is a defect of our own. */
function afterError(deps: DaemonDeps, loop: Loop, error: unknown): number | DaemonEnd {
  loop.failures += 1;
  const waitMs = backoffMs(loop.failures, deps.random());
  if (error instanceof ForgeUnreachableError) {
    deps.log.debug({ error: error.message }, "Forge went away between two questions");
    return waitMs;
  }
  if (error instanceof ListUnreadableError) {
    const words = `${error.message}: this Forge cannot be used without that list`;
    if (loop.healthTold !== words) deps.log.warn({}, words);
    loop.healthTold = words;
    return waitMs;
  }
  if (error instanceof ProblemError && !isPassing(error)) {
    return afterRefusal(deps, loop, error) ?? waitMs;
  }
  if (!(error instanceof Error) || !isPassing(error)) throw error;
  const level = loop.failures === 1 ? "warn" : "debug";
  deps.log[level]({ error: error.message }, "The queue is out of reach; trying again");
  return waitMs;
}

/** The agent's run loop: one job at a time, until it is stopped, refused or superseded. */
export async function runDaemon(deps: DaemonDeps): Promise<DaemonEnd> {
  const { forge, journal, log, box } = deps;
  const { isDedicated } = box;
  const loop: Loop = {
    lender: createLender({ forge, journal, log, keys: OVERRIDE_KEYS, isDedicated }),
    session: null,
    lists: "fresh",
    seen: new Set(),
    healthTold: null,
    catalogueReadAt: 0,
    lastWorkAt: deps.now(),
    presenceShownAt: deps.now(),
    claimId: null,
    failures: 0,
  };
  while (!deps.stop.drain.aborted) {
    const next = await round(deps, loop).catch((error: unknown) => afterError(deps, loop, error));
    if (typeof next === "string") return next;
    await pause(next, deps.stop.drain);
  }
  return "stopped";
}
