import { type LiveEvent, ProblemError } from "@mobilesd/contract";
import { api } from "./api.ts";
import { liveSockets } from "./live-sockets.ts";
import { lookAfter, withBreak, withContact, withEvent, withLoss } from "./live-store.ts";
import { nextLookMs } from "./look-times.ts";
import { EMPTY_STATE, isFinishedStale, type QueueState, withAnswer } from "./store.ts";

export interface Watch {
  /** Looks now, for instance after a change made here. */
  lookNow(): Promise<void>;
  /** Shows this many jobs from now on. */
  showJobs(count: number): Promise<void>;
  /** Shows at once what a person just asked for, or what the queue answered to it. */
  assume(change: (before: QueueState) => QueueState): void;
  stop(): void;
}

/** What a look asks for: all of it, what may have changed, or only the line, the rest being told by sockets. */
type Scope = "whole" | "poll" | "line";

const OPEN = { status: "pending,processing", places: "true", order: "oldest", limit: 200 } as const;
const FINISHED = { status: "completed,failed,cancelled" } as const;

/** Several events of one moment are worth one look. */
const LOOK_SOON_MS = 300;

/**
 * Asks for the open jobs, and for `limit` finished ones where that is wanted or something has ended: a long
 * history is dear to count.
 */
async function look(before: () => QueueState, limit: number, scope: Scope): Promise<QueueState> {
  const askedAt = Date.now();
  const since = before().finished[0]?.creation_timestamp;
  const newestQuery = { ...FINISHED, since, limit: 1 };
  const [open, newest, { servers }] = await Promise.all([
    api.call("listJobs", { query: OPEN }),
    scope === "line" ? null : api.call("listJobs", { query: newestQuery }),
    api.call("listServers", {}),
  ]);
  const newestJob = newest === null ? before().finished[0] : newest.jobs[0];
  const isDue = scope === "whole" || isFinishedStale(before(), open, newestJob, Date.now());
  const query = { ...FINISHED, limit };
  const finished = isDue ? await api.call("listJobs", { query }) : undefined;
  return withAnswer(before(), { open, finished, servers }, askedAt, Date.now());
}

/** Calls back whenever the page comes into sight or the network changes, or goes out of sight. */
function listenForAttention(onLook: () => void, onHidden: () => void): () => void {
  const onVisible = () => (document.visibilityState === "visible" ? onLook() : onHidden());
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", onLook);
  window.addEventListener("offline", onLook);
  return () => {
    document.removeEventListener("visibilitychange", onVisible);
    window.removeEventListener("online", onLook);
    window.removeEventListener("offline", onLook);
  };
}

const isSeen = () => document.visibilityState === "visible";

/**
 * Keeps up with the queue while the page is seen: by what the sockets tell, and by looking where they do not
 * stand. `onState` gets each new state; `onSignedOut` is called once when the session is over.
 */
export function watchQueue(
  limitAtFirst: number,
  onState: (state: QueueState) => void,
  onSignedOut: () => void,
): Watch {
  let state = EMPTY_STATE;
  let limit = limitAtFirst;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let looks = 0;
  let isLooking = false;
  /** What a look is wanted for that has not begun. */
  let wanted: Scope | null = null;

  const show = (next: QueueState) => {
    if (next === state) return;
    state = next;
    onState(state);
  };
  const sockets = liveSockets({
    event: hear,
    up: () => {
      show(withContact(state));
      plan();
    },
    down: ({ wasUp, isExpected, silentMs }) => {
      if (!wasUp || isExpected) return plan();
      show(withBreak(state, Date.now() - silentMs));
      void lookOnce("poll");
    },
  });

  function hear(event: LiveEvent): void {
    const before = state;
    show(withEvent(before, event, Date.now()));
    const scope = lookAfter(before, state, event);
    if (scope === null) return;
    const isPlanned = wanted !== null;
    wanted = scope === "whole" || wanted === "whole" ? "whole" : scope;
    if (!isPlanned) plan();
  }

  /** Sets when the next look is due; while one is under way it sets that at its end. */
  function plan(): void {
    if (isStopped || isLooking || !isSeen()) return;
    clearTimeout(timer);
    const afterMs = wanted === null ? nextLookMs(state, sockets.areUp(), Date.now()) : LOOK_SOON_MS;
    timer = setTimeout(() => void lookOnce(wanted ?? "poll"), afterMs);
  }

  async function lookOnce(scope: Scope): Promise<void> {
    clearTimeout(timer);
    if (isStopped) return;
    looks += 1;
    const thisLook = looks;
    isLooking = true;
    wanted = null;
    try {
      const seen = await look(() => state, limit, scope);
      // An answer to an older question must not undo a newer one.
      if (thisLook !== looks || isStopped) return;
      const wasLost = state.lostAt !== null;
      show(seen);
      if (isSeen()) sockets.listenTo(state.servers.map((server) => server.alias));
      if (wasLost) sockets.nudge();
    } catch (error) {
      if (thisLook !== looks || isStopped) return;
      if (error instanceof ProblemError && error.problem.status === 401) {
        stop();
        onSignedOut();
        return;
      }
      show(withLoss(state, Date.now()));
    }
    isLooking = false;
    plan();
  }
  const lookNow = () => lookOnce("whole");
  const endListening = listenForAttention(
    () => {
      if (isSeen()) sockets.listenTo(state.servers.map((server) => server.alias));
      void lookNow();
    },
    () => {
      clearTimeout(timer);
      sockets.close();
    },
  );
  function stop(): void {
    isStopped = true;
    clearTimeout(timer);
    sockets.close();
    endListening();
  }
  void lookNow();
  return {
    lookNow,
    async showJobs(count) {
      limit = count;
      await lookNow();
    },
    assume: (change) => show(change(state)),
    stop,
  };
}
