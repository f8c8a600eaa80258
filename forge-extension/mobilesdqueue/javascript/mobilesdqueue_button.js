/* MobileSD Queue: the button beside Generate, with its line, badge, menu and hotkey. */
(() => {
  const QUEUEING = "Queueing…";
  const LOST =
    "Forge's answer was lost, so the job may be queued: see the tab MobileSD Queue. Pressing again with nothing changed makes no second job.";
  /** Forge's own (script.js). */
  const TAKEN = ["ctrl+enter", "alt+enter"];
  const { el, feed } = window.mobilesdQueue;

  /** @param {string} id */
  const byId = (id) => document.getElementById(id);

  /** Random; `crypto.randomUUID` is missing where Forge is opened by plain http from another machine. */
  const newId = () =>
    [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");

  /** The button of one tab of Forge. @param {string} tab */
  function makeButton(tab) {
    /** The clicks without an answer yet, oldest first: id and screen. @type {Map<string, unknown[]>} */
    const pending = new Map();
    /** The last click whose answer was lost. @type {[id?: string, screen?: unknown[]]} */
    let lost = [];
    /** What the next click asks beside the accordion. */
    let asked = {};
    /** They stand in for an answer. @type {HTMLElement[]} */
    let lines = [];

    /** Says something in place of the last answer, or with no words lets that one be seen again. */
    function say(words = "", kind = "pending") {
      for (const line of lines) {
        line.textContent = words;
        line.dataset.kind = kind;
        line.hidden = words === "";
      }
    }

    /** @param {unknown[]} inputs */
    function clicked([, ...inputs]) {
      const more = asked;
      const screen = [more, ...inputs];
      const [lostId, lostScreen] = lost;
      // The queue makes one job of what comes twice under one id.
      const isAgain = lostId && JSON.stringify(lostScreen) === JSON.stringify(screen);
      const id = isAgain ? lostId : newId();
      pending.set(id, screen);
      say(QUEUEING);
      asked = {};
      lost = [];
      return [JSON.stringify({ ...more, click_id: id }), ...inputs];
    }

    /** The answer names the clicks before it too: two that come at once may be drawn as one. */
    function ended() {
      const outcome = /** @type {HTMLElement | null} */ (
        byId(`${tab}_mobilesd_status`)?.querySelector(".mobilesd_outcome")
      );
      const ids = (outcome?.dataset.clicks ?? "").split(" ");
      const isAnswered = ids.filter((id) => pending.delete(id)).length > 0;
      const [oldest] = pending;
      const isLost = !isAnswered && oldest !== undefined;
      if (isLost) {
        pending.delete(oldest[0]);
        lost = oldest;
      }
      if (pending.size > 0) say(QUEUEING);
      else if (isLost) say(LOST, "refused");
      else say();
      feed.nudge();
    }

    function press(more = {}) {
      const button = /** @type {HTMLButtonElement | null} */ (byId(`${tab}_queue_mobilesd`));
      if (!button || button.disabled) return;
      asked = more;
      button.click();
    }

    function pressForSeeds() {
      const most = Number(byId(`${tab}_mobilesd_repeat`)?.querySelector("input")?.max);
      const typed = prompt(`How many jobs, each with another seed? (1 to ${most})`, "4");
      if (typed === null) return;
      const repeat = Number(typed);
      if (Number.isInteger(repeat) && repeat >= 1 && repeat <= most) {
        press({ repeat, seed_rule: "next" });
      } else {
        say(`Not queued: type a whole number from 1 to ${most}.`, "refused");
      }
    }

    /** A line over the one that Gradio draws, which must not be changed from outside. */
    function makeLine(/** @type {Element} */ answer) {
      const about = { class: "mobilesd_outcome mobilesd_line", role: "status", hidden: true };
      const line = el("div", about);
      answer.before(line);
      return line;
    }

    function settle() {
      const box = byId(`${tab}_mobilesd_box`);
      const status = byId(`${tab}_mobilesd_status`);
      if (!box || !status) return;
      // Interrupt and Skip lie over all of Generate's box while something runs.
      byId(`${tab}_generate_box`)?.after(box);
      status.setAttribute("aria-live", "polite");
      const inAccordion = document.querySelector(`#${tab}_mobilesd_accordion .mobilesd_status`);
      lines = [status, inAccordion ?? []].flat().map(makeLine);
      for (const over of ["generate", "interrupt"]) {
        const add = appendContextMenuOption.bind(null, `#${tab}_${over}`);
        add("Queue in MobileSD", () => press());
        add("Queue N seeds in MobileSD…", pressForSeeds);
      }
    }

    function drawBadge(/** @type {number | null} */ waiting) {
      const button = byId(`${tab}_queue_mobilesd`);
      button?.querySelector(".mobilesd_badge")?.remove();
      if (!waiting) return;
      const title = waiting === 1 ? "1 job waits" : `${waiting} jobs wait`;
      button?.append(el("span", { class: "mobilesd_badge", title }, `${waiting}`));
    }

    /** What changed is said beside the accordion's servers. @param {MobilesdState} state */
    function drawConnection({ connected, error }) {
      const line = byId(`${tab}_mobilesd_connection`)?.querySelector(".mobilesd_connection_text");
      if (connected) byId(`${tab}_mobilesd_refresh_servers`)?.click();
      else if (line && error) line.textContent = error;
    }
    return { clicked, ended, press, settle, drawBadge, drawConnection };
  }

  const buttons = new Map(["txt2img", "img2img"].map((tab) => [tab, makeButton(tab)]));
  /** @type {boolean | null} */
  let wasConnected = null;

  /** @param {MobilesdState} state */
  function drawState(state) {
    const isNews = state.connected !== wasConnected && !(wasConnected === null && state.connected);
    wasConnected = state.connected;
    for (const button of buttons.values()) {
      button.drawBadge(state.waiting);
      if (isNews) button.drawConnection(state);
    }
  }

  /** The same for the same keys in any order. @param {string} keys */
  const sorted = (keys) =>
    keys.toLowerCase().replaceAll(" ", "").replace("cmd", "ctrl").split("+").sort().join("+");

  /** @param {KeyboardEvent} event */
  function isHotkey({ key, code, ctrlKey, metaKey, altKey, shiftKey, isComposing }) {
    const wanted = sorted(`${opts.mobilesd_hotkey ?? ""}`);
    const held = [(ctrlKey || metaKey) && "ctrl", altKey && "alt", shiftKey && "shift"];
    // A browser that fills in a form sends keys without a name.
    const pressed = [key, code?.replace("Key", "")].map((name) =>
      sorted([...held, name].filter(Boolean).join("+")),
    );
    const isSafe = /\b(ctrl|alt|f\d+)\b/.test(wanted) && !TAKEN.includes(wanted);
    return isSafe && pressed.includes(wanted) && !isComposing;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const button = buttons.get(get_uiCurrentTabContent()?.id.replace("tab_", "") ?? "");
    if (!button || !isHotkey(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) button.press();
  }

  window.mobilesdQueueButton = {
    clicked: (tab, inputs) => buttons.get(tab)?.clicked(inputs) ?? inputs,
    ended: (tab) => buttons.get(tab)?.ended(),
  };

  onUiLoaded(() => {
    for (const button of buttons.values()) button.settle();
    window.addEventListener("keydown", onKey, true);
    feed.on("state", drawState);
  });
})();
