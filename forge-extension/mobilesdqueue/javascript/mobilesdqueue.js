/* MobileSD Queue: what the scripts share: routes, feed of events, elements. */
(() => {
  /** Relative, for a Forge under a sub-path. */
  const ROUTES = "./mobilesd-queue/";
  const ANSWER_TIMEOUT_MS = 60_000;
  const MOVING_LOOK_MS = 2_000;
  const STILL_LOOK_MS = 15_000;
  /** News come by themselves: for what got lost, and for times that go by. */
  const LIVE_LOOK_MS = 30_000;

  /**
   * Makes an element. Text stays text: no prompt can become markup.
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

  const part = (/** @type {ParentNode} */ root, /** @type {string} */ selector) =>
    /** @type {any} */ (root.querySelector(selector));

  /** @type {MobilesdQueue["fresh"]} */
  const fresh = (tag) =>
    part(part(document, "#mobilesd_queue template").content, tag).cloneNode(true);

  /** @type {MobilesdQueue["failure"]} */
  const failure = (sentence) => Object.assign(new Error(sentence), { sentence });

  /** @type {MobilesdQueue["api"]} */
  async function api(path, { method = "GET", body = {} } = {}) {
    const response = await fetch(ROUTES + path, {
      method,
      headers: { "X-MobileSD": "1", "Content-Type": "application/json" },
      body: method === "GET" ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch(() => {
      throw failure("Forge does not answer. Is it still running?");
    });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    if (typeof answer?.error === "string") throw failure(answer.error);
    throw failure("Forge gave no answer that can be read. Reload the page.");
  }

  /** @type {Map<string, Set<Function>>} */
  const listeners = new Map();
  /** @type {MobilesdLook[]} */
  const looks = [];
  let timer = 0;
  let delayMs = STILL_LOOK_MS;
  let isLooking = false;
  let isNudged = false;

  /** Plans the next look too: soon while something moves, ever later while nothing does. */
  async function look() {
    clearTimeout(timer);
    if (isLooking || document.hidden) return;
    const wasNudged = isNudged;
    const due = looks.filter((one) => wasNudged || one.isWanted());
    isNudged = false;
    isLooking = true;
    let moves = wasNudged;
    try {
      for (const one of due) moves = (await one.run(wasNudged)) || moves;
    } catch (error) {
      if (!(error instanceof Error && "sentence" in error)) throw error;
      feed.emit("failed", /** @type {MobilesdFailure} */ (error));
    } finally {
      isLooking = false;
      clearTimeout(timer);
      delayMs = moves ? MOVING_LOOK_MS : Math.min(2 * delayMs, STILL_LOOK_MS);
      if (queue.isLive()) delayMs = LIVE_LOOK_MS;
      if (isNudged) timer = setTimeout(look);
      else if (looks.some((one) => one.isWanted())) timer = setTimeout(look, delayMs);
    }
  }

  /**
   * The one place where events come in.
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

  /** What is found right after an action may be from before it. */
  let isSettled = false;

  /** Jobs that wait, or nobody knows yet; not what is saved here until a person decides. */
  const waits = () =>
    !!state?.key_start &&
    (state.waiting !== 0 || state.outbox.some(({ standing }) => standing === "waiting"));
  const gist = () => state && `${[state.connected, state.waiting, state.outbox.length]}`;
  feed.addLook({
    isWanted: () => !isSettled || waits() || looks.slice(1).some((one) => one.isWanted()),
    async run(isNudged) {
      const before = gist();
      state = await api("state");
      isSettled = !isNudged;
      feed.emit("state", state);
      return before !== gist();
    },
  });

  const queue = /** @type {MobilesdQueue} */ ({});
  window.mobilesdQueue = Object.assign(queue, {
    api,
    el,
    failure,
    feed,
    part,
    fresh,
    isLive: () => false,
  });

  onUiLoaded(() => {
    feed.nudge();
    document.addEventListener("visibilitychange", feed.nudge);
  });
  onUiTabChange(feed.nudge);
})();
