import { ProblemError } from "@mobilesd/contract";
import { api } from "./api.ts";
import { EMPTY_STATE, isFinishedStale, nextLookMs, type QueueState, withAnswer } from "./store.ts";

export interface Watch {
  /** Looks now, for instance after a change made here. */
  lookNow(): Promise<void>;
  /** Shows this many jobs from now on. */
  showJobs(count: number): Promise<void>;
  stop(): void;
}

const OPEN = { status: "pending,processing", places: "true", order: "oldest", limit: 200 } as const;
const FINISHED = { status: "completed,failed,cancelled" } as const;

/**
 * Asks for the open jobs, and for `limit` finished ones where that is wanted or something has ended: a long
 * history is dear to count.
 */
async function look(before: QueueState, limit: number, isWhole: boolean): Promise<QueueState> {
  const since = before.finished[0]?.creation_timestamp;
  const [open, newest, { servers }] = await Promise.all([
    api.call("listJobs", { query: OPEN }),
    api.call("listJobs", { query: { ...FINISHED, since, limit: 1 } }),
    api.call("listServers", {}),
  ]);
  const isDue = isWhole || isFinishedStale(before, open, newest.jobs[0], Date.now());
  const query = { ...FINISHED, limit };
  const finished = isDue ? await api.call("listJobs", { query }) : undefined;
  return withAnswer(before, { open, finished, servers }, Date.now());
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

/**
 * Keeps looking at the queue while the page is seen. `onState` gets each new state; `onSignedOut` is called
 * once when the session is over.
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

  const lookOnce = async (isWhole: boolean): Promise<void> => {
    clearTimeout(timer);
    if (isStopped) return;
    looks += 1;
    const thisLook = looks;
    try {
      const seen = await look(state, limit, isWhole);
      // An answer to an older question must not undo a newer one.
      if (thisLook !== looks || isStopped) return;
      state = seen;
    } catch (error) {
      if (thisLook !== looks || isStopped) return;
      if (error instanceof ProblemError && error.problem.status === 401) {
        stop();
        onSignedOut();
        return;
      }
      state = { ...state, isConnected: false };
    }
    onState(state);
    if (document.visibilityState === "visible") {
      timer = setTimeout(() => void lookOnce(false), nextLookMs(state));
    }
  };
  const lookNow = () => lookOnce(true);
  const endListening = listenForAttention(
    () => void lookNow(),
    () => clearTimeout(timer),
  );
  function stop(): void {
    isStopped = true;
    clearTimeout(timer);
    endListening();
  }
  void lookNow();
  return {
    lookNow,
    async showJobs(count) {
      limit = count;
      await lookNow();
    },
    stop,
  };
}
