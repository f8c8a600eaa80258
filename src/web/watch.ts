import { ProblemError } from "@mobilesd/contract";
import { api } from "./api.ts";
import { EMPTY_STATE, jobsToEstimate, nextLookMs, type QueueState, withAnswer } from "./store.ts";

export interface Watch {
  /** Looks now, for instance after a change made here. */
  lookNow(): Promise<void>;
  /** Shows this many jobs from now on. */
  showJobs(count: number): Promise<void>;
  stop(): void;
}

async function look(limit: number, now: () => number): Promise<QueueState> {
  const [list, { servers }] = await Promise.all([
    api.call("listJobs", { query: { limit } }),
    api.call("listServers", {}),
  ]);
  const estimates = await Promise.all(
    jobsToEstimate(list.jobs).map(({ mobilesd_job_id: id }) =>
      api.call("getJobStatus", { params: { id } }).catch((error: unknown) => {
        // Deleted between the two questions.
        if (error instanceof ProblemError && error.is("not_found")) return null;
        throw error;
      }),
    ),
  );
  return withAnswer({ list, servers, estimates: estimates.filter((one) => one !== null) }, now());
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

  const lookNow = async (): Promise<void> => {
    clearTimeout(timer);
    if (isStopped) return;
    looks += 1;
    const thisLook = looks;
    try {
      const seen = await look(limit, Date.now);
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
      timer = setTimeout(() => void lookNow(), nextLookMs(state));
    }
  };
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
