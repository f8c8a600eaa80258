import { type JobView, ProblemError } from "@mobilesd/contract";
import { api } from "./api.ts";
import { confirmLoss } from "./confirm.ts";
import { connectForgeButton } from "./connect-forge.ts";
import { emptyQueue } from "./curl-example.ts";
import { announce, button, element, note, setText } from "./dom.ts";
import { jobLists } from "./job-lists.ts";
import { serverLine, serversKey } from "./server-line.ts";
import { promptWords } from "./settings-words.ts";
import { EMPTY_STATE, newlyDone, type QueueState } from "./store.ts";
import { type Watch, watchQueue } from "./watch.ts";

/** Jobs shown at first, and more by each wish; a list holds 200 at most. */
const JOBS_STEP = 30;
const JOBS_MAX = 200;

/** Why something that was asked for did not happen, in words. */
function failureWords(error: unknown): string {
  if (error instanceof ProblemError) return error.message;
  return "The queue is out of reach; nothing was changed";
}

/** Does something to the queue, says so when it failed, and looks at the outcome. */
async function change(watch: Watch, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    note(failureWords(error));
  }
  await watch.lookNow();
}

async function cancelJob(watch: Watch, job: JobView): Promise<void> {
  const question = "Stop this job? What is drawn so far is lost.";
  if (job.status === "processing" && !(await confirmLoss(question, "Stop it"))) return;
  await change(watch, () => api.call("cancelJob", { params: { id: job.mobilesd_job_id } }));
}

async function deleteJob(watch: Watch, job: JobView): Promise<void> {
  const count = job.images.length;
  const what =
    count === 0
      ? "this job"
      : count === 1
        ? "this job and its picture"
        : `this job and its ${count} pictures`;
  if (!(await confirmLoss(`Delete ${what}? That cannot be undone.`, "Delete"))) return;
  await change(watch, () => api.call("deleteJob", { params: { id: job.mobilesd_job_id } }));
}

/** What a page says that shows old news, and of when they are. */
function staleWords(knownAt: number | null): string {
  if (knownAt === null) return "The queue does not answer. Trying again…";
  const since = new Date(knownAt).toLocaleTimeString();
  return `No connection. This is what was known at ${since}. Trying again…`;
}

function header(signOut: HTMLElement): HTMLElement {
  return element(
    "header",
    {},
    element("img", { src: "/icon.svg", alt: "", width: 36, height: 36 }),
    element("h1", {}, "MobileSD Queue"),
    signOut,
  );
}

function signOutButton(onSignedOut: () => void): HTMLButtonElement {
  return button("Sign out", "quiet", async () => {
    try {
      await api.call("signOut", {});
    } catch (error) {
      note(failureWords(error));
      return;
    }
    onSignedOut();
  });
}

/** What fills the page, and what ends its work when something else takes its place. */
export interface Screen {
  readonly root: HTMLElement;
  leave(): void;
}

/** The queue of a page that is signed in. `onSignedOut` is called when the session is over. */
export function queueScreen(onSignedOut: () => void): Screen {
  let state = EMPTY_STATE;
  let limit = JOBS_STEP;
  let shownServers = "";
  const servers = element("div", { class: "server-slot" });
  const stale = element("p", { class: "stale", role: "status", hidden: true });
  const empty = element("div", { class: "empty-slot" });
  const more = button("Show older jobs", "quiet wide", async () => {
    limit = Math.min(limit + JOBS_STEP, JOBS_MAX);
    await watch.showJobs(limit);
  });
  const lists = jobLists({
    cancel: (job) => cancelJob(watch, job),
    remove: (job) => deleteJob(watch, job),
  });

  const render = (next: QueueState) => {
    for (const job of newlyDone(state, next)) {
      announce(`A picture is ready: ${promptWords(job.generation_params)}`);
    }
    state = next;
    stale.hidden = state.isConnected;
    setText(stale, staleWords(state.knownAt));
    root.classList.toggle("is-stale", !state.isConnected);
    if (state.knownAt === null) return;
    const now = Date.now();
    if (shownServers !== serversKey(state.servers, now)) {
      shownServers = serversKey(state.servers, now);
      servers.replaceChildren(serverLine(state.servers, now));
    }
    if (state.moving.length + state.finished.length > 0) empty.replaceChildren();
    else if (empty.childElementCount === 0) {
      empty.append(emptyQueue(location.origin, state.servers[0]?.alias ?? "MyForgeServer"));
    }
    lists.update(state, now);
    more.hidden = !state.hasMore || limit >= JOBS_MAX;
  };

  const connect = connectForgeButton((error) => note(failureWords(error)));
  more.hidden = true;
  const root = element(
    "div",
    { class: "screen" },
    header(signOutButton(onSignedOut)),
    element("div", { class: "server-row" }, servers, connect),
    stale,
    element("main", {}, empty, lists.root, more),
  );
  const watch = watchQueue(JOBS_STEP, render, onSignedOut);
  return { root, leave: watch.stop };
}
