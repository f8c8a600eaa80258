import { DURATIONS, type Durations, type LeaseGrant } from "@mobilesd/contract";
import type { Cloud } from "../cloud/client.ts";
import type { ForgeClient } from "../forge/client.ts";
import { createLender, type Lender } from "../forge/lender.ts";
import type { BoxSettings } from "../forge/look-at-host.ts";
import type { ImageThread } from "../images/image-thread.ts";
import { OVERRIDE_KEYS } from "../job/request/payload-overrides.ts";
import type { RunDeps } from "../job/run/run-deps.ts";
import type { RunEnd } from "../job/run/run-end.ts";
import type { Journal } from "../journal.ts";
import type { HubLink } from "../live/hub-link.ts";
import type { Log } from "../log.ts";
import type { Session, ToldSession } from "../session.ts";
import type { Stop } from "../stop.ts";
import type { AgentState } from "./agent-view.ts";
import { type BoxWatch, createBoxWatch } from "./box-watch.ts";
import { createForgeLine, type ForgeLine } from "./forge-line.ts";
import { bothLists, type ListsState, listsAfter } from "./lists.ts";
import { createOrders, type Orders } from "./orders.ts";
import { createRuns, type Runs } from "./runs.ts";

export interface DaemonDeps {
  readonly cloud: Cloud;
  readonly link: HubLink;
  readonly forge: ForgeClient;
  readonly forgeUrl: string;
  readonly images: ImageThread;
  readonly box: BoxSettings;
  readonly journal: Journal;
  readonly log: Log;
  /** What the agent shows of itself. */
  readonly state: AgentState;
  readonly stop: Stop;
  readonly agentVersion: string;
  /** Told of the session, or of its end, so that requests carry its id. */
  readonly setSession: (session: ToldSession | null) => void;
  readonly uuid: () => string;
  readonly random: () => number;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  readonly wallClock: () => Date;
}

/** What goes on between the rounds of the loop. */
export interface Loop {
  readonly lender: Lender;
  readonly line: ForgeLine;
  readonly orders: Orders;
  readonly runs: Runs;
  readonly boxWatch: BoxWatch;
  readonly answered: RunDeps["answered"];
  session: Session | null;
  lists: ListsState;
  listsReadAt: number;
  /** How the lists are being read at this moment, beside the loop or in it; null while they are not. */
  reading: Exclude<ListsState, "fresh"> | null;
  /** What went wrong beside the loop, for its next round. */
  lateError: { readonly error: unknown } | null;
  /** Runs of ours that nobody is with are being ended. */
  isEndingGhosts: boolean;
  /** The queue is to be asked without waiting for its time. */
  isDue: boolean;
  askedAt: number;
  lastWorkAt: number;
  /** Whether the socket stood in the last round, and when it was found to stand no more. */
  wasConnected: boolean;
  lostAt: number;
  /** By which the next poll is put off or on: drawn anew for each. */
  chance: number;
  /** Kept until it is answered, so that a lost answer is asked for again and no second job is taken. */
  claimId: string | null;
  /** Tries in a row that the queue did not answer, and in which Forge's lists could not be read. */
  failures: number;
  forgeFailures: number;
  /** The queue did not answer when it was asked last. */
  isQueueAway: boolean;
  /** Then it is not asked again before this, however often something else ends the wait. */
  askAgainAt: number;
  /** Ends the wait between two rounds, or the next one before it begins. */
  wake: () => void;
}

export const durationsOf = (loop: Loop): Durations => loop.session?.durations ?? DURATIONS;

/** What the end of a job changes for those that come. */
function noteEnd(deps: DaemonDeps, loop: Loop, lease: LeaseGrant, end: RunEnd): void {
  loop.lists = bothLists(loop.lists, listsAfter(end));
  loop.lastWorkAt = deps.now();
  deps.state.noteEnd({ jobId: lease.mobilesd_job_id, end: end.type, at: deps.wallClock() });
  loop.wake();
}

/** Hears of each answer of Forge to a request that was sent at `askedAt`; the checkpoint is null where it cannot be told. */
function createAnswered(loop: Loop): Loop["answered"] {
  const seen = new Set<string>();
  return (checkpoint, askedAt) => {
    loop.boxWatch.loaded(checkpoint, askedAt);
    loop.runs.track(loop.boxWatch.readMemory());
    if (checkpoint === null || seen.has(checkpoint)) return;
    // The first load of a model gives it its hash; a second run tells nothing new of it.
    seen.add(checkpoint);
    loop.lists = bothLists(loop.lists, "read_again");
  };
}

/** The loop's state before its first round. */
export function createLoop(deps: DaemonDeps): Loop {
  const { forge, journal, log, box, state } = deps;
  const line = createForgeLine(() => durationsOf(loop), deps.now);
  const wake = () => loop.wake();
  const loop: Loop = {
    lender: createLender({
      forge,
      journal,
      log,
      keys: OVERRIDE_KEYS,
      isDedicated: box.isDedicated,
    }),
    line,
    orders: createOrders((mode) => {
      state.change({ mode });
      if (mode === "active") loop.isDue = true;
      if (mode === "paused") line.dropUnbegun("paused");
    }),
    runs: createRuns(deps.stop, (lease, end) => noteEnd(deps, loop, lease, end), wake),
    boxWatch: createBoxWatch(deps),
    answered: (checkpoint, askedAt) => answered(checkpoint, askedAt),
    session: null,
    lists: "fresh",
    listsReadAt: 0,
    reading: null,
    lateError: null,
    isEndingGhosts: false,
    isDue: true,
    askedAt: deps.now(),
    lastWorkAt: deps.now(),
    wasConnected: false,
    lostAt: Number.NEGATIVE_INFINITY,
    chance: deps.random(),
    claimId: null,
    failures: 0,
    forgeFailures: 0,
    isQueueAway: false,
    askAgainAt: Number.NEGATIVE_INFINITY,
    wake: () => undefined,
  };
  const answered = createAnswered(loop);
  return loop;
}
