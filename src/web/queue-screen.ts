import { api } from "./api.ts";
import { connectForgeButton } from "./connect-forge.ts";
import { connectionOf } from "./connection-words.ts";
import { emptyQueue } from "./curl-example.ts";
import { allowOrders, announce, button, element, note, setText } from "./dom.ts";
import { failureWords } from "./failure-words.ts";
import { jobActions } from "./job-actions.ts";
import { jobLists } from "./job-lists.ts";
import { serverActions } from "./server-actions.ts";
import { serverList } from "./server-list.ts";
import { promptWords } from "./settings-words.ts";
import { EMPTY_STATE, newlyDone, type QueueState } from "./store.ts";
import { watchQueue } from "./watch.ts";

/** Jobs shown at first, and more by each wish; a list holds 200 at most. */
const JOBS_STEP = 30;
const JOBS_MAX = 200;

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

/** The words about the connection: one in passing that moves nothing, and one that what is shown is old. */
function connectionLine() {
  const short = element("p", { class: "reconnecting", hidden: true }, "Reconnecting…");
  const stale = element("p", { class: "stale", role: "status", hidden: true });
  return {
    short,
    stale,
    /** Answers whether what the page shows is old. */
    update(state: QueueState, now: number): boolean {
      const connection = connectionOf(state, now);
      short.hidden = connection.kind !== "reconnecting";
      stale.hidden = connection.kind !== "lost";
      setText(stale, connection.kind === "lost" ? connection.words : "");
      return connection.kind === "lost";
    },
  };
}

/** Times and bars go on between two words of the queue. */
const REDRAW_EVERY_MS = 1_000;

/** The queue of a page that is signed in. `onSignedOut` is called when the session is over. */
export function queueScreen(onSignedOut: () => void): Screen {
  let state = EMPTY_STATE;
  let limit = JOBS_STEP;
  const servers = serverList(serverActions(() => watch));
  const connection = connectionLine();
  const empty = element("div", { class: "empty-slot" });
  const more = button("Show older jobs", "quiet wide", async () => {
    limit = Math.min(limit + JOBS_STEP, JOBS_MAX);
    await watch.showJobs(limit);
  });
  const lists = jobLists(jobActions(() => watch));

  const redraw = () => {
    const now = Date.now();
    const isStale = connection.update(state, now);
    root.classList.toggle("is-stale", isStale);
    if (state.knownAt === null) return;
    servers.update(state.servers, now);
    if (state.moving.length + state.finished.length > 0) empty.replaceChildren();
    else if (empty.childElementCount === 0) {
      empty.append(emptyQueue(location.origin, state.servers[0]?.alias ?? "MyForgeServer"));
    }
    lists.update(state, now);
    more.hidden = !state.hasMore || limit >= JOBS_MAX;
    allowOrders(root, !isStale);
  };
  const onState = (next: QueueState) => {
    for (const job of newlyDone(state, next)) {
      announce(`A picture is ready: ${promptWords(job.generation_params)}`);
    }
    state = next;
    redraw();
  };

  const connect = connectForgeButton((error) => note(failureWords(error)));
  more.hidden = true;
  const root = element(
    "div",
    { class: "screen" },
    header(signOutButton(onSignedOut)),
    connection.stale,
    element("div", { class: "server-row" }, servers.root, connect),
    element("main", {}, empty, lists.root, more),
    connection.short,
  );
  const ticking = setInterval(() => {
    if (document.visibilityState === "visible") redraw();
  }, REDRAW_EVERY_MS);
  const watch = watchQueue(JOBS_STEP, onState, onSignedOut);
  return {
    root,
    leave() {
      clearInterval(ticking);
      watch.stop();
    },
  };
}
