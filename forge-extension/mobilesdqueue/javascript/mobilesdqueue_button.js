/* MobileSD Queue: the button beside Generate, with its line, badge, menu and hotkey. */
(() => {
  const TABS = ["txt2img", "img2img"];
  const QUEUEING = "Queueing…";
  const LOST =
    "Forge's answer was lost, so the job may be queued: look at the tab MobileSD Queue first. Pressing again with nothing changed makes no second job.";
  /** Forge's own (script.js). */
  const TAKEN = new Set(["ctrl+enter", "alt+enter", "escape", "esc"]);

  /** @param {string} id */
  const byId = (id) => document.getElementById(id);
  /** @param {string} tab */
  const buttonOf = (tab) => /** @type {HTMLButtonElement | null} */ (byId(`${tab}_queue_mobilesd`));

  /** By tab the clicks without an answer yet, oldest first: id and screen. @type {Map<string, Map<string, unknown[]>>} */
  const pending = new Map(TABS.map((tab) => [tab, new Map()]));
  /** By tab the last click whose answer was lost. @type {Map<string, [string, unknown[]]>} */
  const lost = new Map();
  /** What the next click asks beside the accordion. @type {Map<string, object>} */
  const asked = new Map();
  /** The lines that stand in for an answer, by tab. @type {Map<string, HTMLElement[]>} */
  const lines = new Map();
  /** @type {boolean | null} */
  let wasConnected = null;

  /** Random; `crypto.randomUUID` is missing where Forge is opened by plain http from another machine. */
  const newId = () =>
    [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");

  /** Says something in place of the last answer, or with no words lets that one be seen again. */
  function say(/** @type {string} */ tab, words = "", kind = "pending") {
    for (const line of lines.get(tab) ?? []) {
      line.textContent = words;
      line.dataset["kind"] = kind;
      line.hidden = words === "";
    }
  }

  /** @type {MobilesdQueueButton["clicked"]} */
  function clicked(tab, inputs) {
    const more = asked.get(tab) ?? {};
    const screen = [more, ...inputs.slice(1)];
    const [lostId, lostScreen] = lost.get(tab) ?? [];
    // The queue makes one job of what comes twice under one id.
    const isAgain = lostId && JSON.stringify(lostScreen) === JSON.stringify(screen);
    const id = isAgain ? lostId : newId();
    pending.get(tab)?.set(id, screen);
    say(tab, QUEUEING);
    asked.delete(tab);
    lost.delete(tab);
    return [JSON.stringify({ ...more, click_id: id }), ...inputs.slice(1)];
  }

  /** The answer names the clicks before it too: two that come at once may be drawn as one. */
  function ended(/** @type {string} */ tab) {
    const waiting = pending.get(tab) ?? new Map();
    const outcome = /** @type {HTMLElement | null} */ (
      byId(`${tab}_mobilesd_status`)?.querySelector(".mobilesd_outcome")
    );
    const answered = (outcome?.dataset["clicks"] ?? "")
      .split(" ")
      .filter((id) => waiting.delete(id));
    const [oldest] = waiting;
    const isLost = answered.length === 0 && oldest !== undefined;
    if (isLost) {
      waiting.delete(oldest[0]);
      lost.set(tab, oldest);
    }
    if (waiting.size > 0) say(tab, QUEUEING);
    else if (isLost) say(tab, LOST, "refused");
    else say(tab);
    window.mobilesdQueue?.feed.nudge();
  }

  /** @param {string} tab @param {object} [more] */
  function press(tab, more = {}) {
    const button = buttonOf(tab);
    if (!button || button.disabled) return;
    asked.set(tab, more);
    button.click();
  }

  /** @param {string} tab */
  function pressForSeeds(tab) {
    const most = Number(byId(`${tab}_mobilesd_repeat`)?.querySelector("input")?.max);
    const typed = prompt(`How many jobs, each with another seed? (1 to ${most})`, "4");
    if (typed === null) return;
    const repeat = Number(typed);
    if (Number.isInteger(repeat) && repeat >= 1 && repeat <= most) {
      press(tab, { repeat, seed_rule: "next" });
    } else {
      say(tab, `Not queued: type a whole number from 1 to ${most}.`, "refused");
    }
  }

  /** A line over the one that Gradio draws, which must not be changed from outside. */
  function makeLine(/** @type {Element} */ answer) {
    const line = document.createElement("div");
    line.className = "mobilesd_outcome mobilesd_line";
    line.setAttribute("role", "status");
    line.hidden = true;
    answer.before(line);
    return line;
  }

  /** @param {string} tab */
  function settle(tab) {
    const box = byId(`${tab}_mobilesd_box`);
    const status = byId(`${tab}_mobilesd_status`);
    if (!box || !status) return;
    // Interrupt and Skip lie over all of Generate's box while something runs.
    byId(`${tab}_generate_box`)?.after(box);
    status.setAttribute("aria-live", "polite");
    const inAccordion = byId(`${tab}_mobilesd_accordion`)?.querySelector(".mobilesd_status");
    lines.set(tab, [status, inAccordion].filter((one) => one instanceof Element).map(makeLine));
    for (const over of ["generate", "interrupt"]) {
      const add = appendContextMenuOption.bind(null, `#${tab}_${over}`);
      add("Queue in MobileSD", () => press(tab));
      add("Queue N seeds in MobileSD…", () => pressForSeeds(tab));
    }
  }

  /** @param {number | null} waiting */
  function drawBadge(waiting) {
    for (const button of TABS.map(buttonOf)) {
      let badge = button?.querySelector(".mobilesd_badge");
      if (!waiting || !button) badge?.remove();
      else {
        badge ??= button.appendChild(document.createElement("span"));
        badge.className = "mobilesd_badge";
        badge.textContent = `${waiting}`;
        badge.setAttribute("title", waiting === 1 ? "1 job waits" : `${waiting} jobs wait`);
      }
    }
  }

  /** @param {MobilesdState} state */
  function drawState(state) {
    drawBadge(state.waiting);
    if (state.connected === wasConnected) return;
    const isNews = wasConnected !== null || state.connected === false;
    wasConnected = state.connected;
    for (const tab of isNews ? TABS : []) {
      const line = byId(`${tab}_mobilesd_connection`)?.querySelector(".mobilesd_connection_text");
      if (state.connected) byId(`${tab}_mobilesd_refresh_servers`)?.click();
      else if (line && state.error) line.textContent = state.error;
    }
  }

  /** @param {KeyboardEvent} event */
  function isHotkey(event) {
    const wanted = `${opts["mobilesd_hotkey"] ?? ""}`.toLowerCase().replaceAll(" ", "");
    const parts = wanted.split("+").map((part) => (part === "cmd" ? "ctrl" : part));
    const key = parts.pop() ?? "";
    const held = [
      event.ctrlKey || event.metaKey ? "ctrl" : "",
      event.altKey ? "alt" : "",
      event.shiftKey ? "shift" : "",
    ].filter(Boolean);
    // A browser that fills in a form sends keys without a name.
    const isKey = [event.key?.toLowerCase(), event.code?.toLowerCase().replace("key", "")].includes(
      key,
    );
    const isSafe = /^f\d+$/.test(key) || held.includes("ctrl") || held.includes("alt");
    const isAsked = held.length === parts.length && held.every((part) => parts.includes(part));
    return isKey && isSafe && isAsked && !TAKEN.has(wanted) && !event.isComposing;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const tab = TABS.find((one) => get_uiCurrentTabContent()?.id === `tab_${one}`);
    if (!tab || !isHotkey(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) press(tab);
  }

  window.mobilesdQueueButton = { clicked, ended };

  onUiLoaded(() => {
    for (const tab of TABS) settle(tab);
    window.addEventListener("keydown", onKey, true);
    window.mobilesdQueue?.feed.on("state", drawState);
  });
})();
