/* MobileSD Queue: what the extension's scripts share: its routes, its feed of events, its elements. */
(() => {
  /** Relative to the page, so that a Forge under a sub-path or behind a proxy finds them too. */
  const ROUTES = "./mobilesd-queue/";
  const ANSWER_TIMEOUT_MS = 60_000;
  const MOVING_LOOK_MS = 2_000;
  const STILL_LOOK_MS = 15_000;

  /**
   * Makes an element. Text stays text: nothing that a prompt or a name holds can become markup.
   * @type {MobilesdQueue["el"]}
   */
  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value !== false && value !== null)
        made.setAttribute(name, value === true ? "" : `${value}`);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  /** @param {string} sentence @param {string} code @returns {MobilesdFailure} */
  function failure(sentence, code) {
    return Object.assign(new Error(sentence), { sentence, code });
  }

  /** @type {MobilesdQueue["api"]} */
  async function api(path, { method = "GET", body } = {}) {
    /** @type {RequestInit} */
    const request = {
      method,
      headers: { "X-MobileSD": "1", "Content-Type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    };
    if (method !== "GET") request.body = JSON.stringify(body ?? {});
    const response = await fetch(ROUTES + path, request).catch(() => {
      throw failure("Forge does not answer. Is it still running?", "forge_unreachable");
    });
    const answer = await response.json().catch(() => null);
    if (method !== "GET") feed.nudge();
    if (response.ok && answer !== null) return answer;
    if (typeof answer?.error === "string") throw failure(answer.error, answer.code);
    throw failure("Forge does not know this extension's routes. Reload the page.", "no_routes");
  }

  /** @type {Map<string, Set<Function>>} */
  const listeners = new Map();
  /** @type {MobilesdLook[]} */
  const looks = [];
  let timer = 0;
  let isLooking = false;
  let isNudged = false;

  /** Looks for what is new, and plans the next look: soon while something moves, none when nobody looks on. */
  async function look() {
    clearTimeout(timer);
    if (isLooking || document.hidden) return;
    const wasNudged = isNudged;
    const due = looks.filter((one) => wasNudged || one.isWanted());
    isNudged = false;
    isLooking = true;
    let moves = false;
    try {
      for (const one of due) moves = (await one.run(wasNudged)) || moves;
    } catch (error) {
      if (!(error instanceof Error && "sentence" in error)) throw error;
      feed.emit("failed", /** @type {MobilesdFailure} */ (error));
    } finally {
      isLooking = false;
      clearTimeout(timer);
      if (isNudged) timer = setTimeout(look);
      else if (looks.some((one) => one.isWanted())) {
        timer = setTimeout(look, moves ? MOVING_LOOK_MS : STILL_LOOK_MS);
      }
    }
  }

  /**
   * The one place where events come in: from looking today, from a socket as well later.
   * @type {MobilesdQueue["feed"]}
   */
  const feed = {
    on(type, listener) {
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    },
    emit(type, event) {
      for (const listener of listeners.get(type) ?? []) listener(event);
    },
    addLook(one) {
      looks.push(one);
    },
    nudge() {
      isNudged = true;
      look();
    },
  };

  /** @type {MobilesdState | null} */
  let state = null;

  const hasMore = () => ((state?.waiting ?? 0) || (state?.outbox.length ?? 0)) > 0;
  const isWatched = () => looks.slice(1).some((one) => one.isWanted());
  feed.addLook({
    isWanted: () => hasMore() || isWatched(),
    async run() {
      state = /** @type {MobilesdState} */ (await api("state"));
      feed.emit("state", state);
      // Who watches the jobs themselves knows better whether what waits is moving.
      return hasMore() && !isWatched();
    },
  });

  /** The other scripts add their parts to it. */
  window.mobilesdQueue = /** @type {MobilesdQueue} */ ({});
  Object.assign(window.mobilesdQueue, { api, el, feed });

  onUiLoaded(() => {
    feed.nudge();
    document.addEventListener("visibilitychange", look);
  });
  onUiTabChange(look);
})();
