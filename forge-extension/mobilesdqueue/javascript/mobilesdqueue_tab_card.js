/* MobileSD Queue: a job on the tab. */
(() => {
  const { api, el, feed } = window.mobilesdQueue;
  /** @type {MobilesdDestination[]} */
  const DESTINATIONS = ["txt2img", "img2img", "inpaint", "extras"];

  /** Changes a text only when it differs, so that a selection and a screen reader are left in peace. */
  function setText(/** @type {HTMLElement} */ target, /** @type {string} */ text) {
    if (target.textContent !== text) target.textContent = text;
    target.hidden = text === "";
  }

  /** @type {MobilesdQueue["agoWords"]} */
  function agoWords(timestamp) {
    const minutes = (Date.now() - Date.parse(timestamp)) / 60_000;
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${Math.floor(minutes)} min ago`;
    if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
    return `${Math.floor(minutes / 60 / 24)} days ago`;
  }

  /** What can be done with one picture. @type {MobilesdQueue["pictureActions"]} */
  function pictureActions({ name, infotext }, leave = () => {}) {
    const { button, copyText, send } = window.mobilesdQueue;
    const made = DESTINATIONS.map((tab) => {
      const go = () => {
        leave();
        return send(tab, name, infotext);
      };
      const what = tab === "txt2img" ? "its settings" : "picture and settings";
      return button(tab, go, { title: `Send ${what} to ${tab}`, "data-send": tab });
    });
    const copy = button("Copy infotext", () => copyText(infotext ?? "", "Infotext"));
    return infotext === null ? made : [...made, copy];
  }

  /** @type {MobilesdQueue["makeCard"]} */
  function makeCard() {
    const { button, imageUrl, note, openSettings, openViewer } = window.mobilesdQueue;
    /** @type {MobilesdJob} */
    let job;
    let drawn = "";
    const chip = el("span", { class: "mobilesd_chip" });
    const server = el("span");
    const time = el("time");
    const progress = el("progress", { max: 100, "aria-label": "Progress" });
    const outlook = el("p");
    const pictures = el("div", { class: "mobilesd_pictures" });
    const prompt = el("p", { class: "mobilesd_prompt" });
    const settings = el("p", { class: "mobilesd_quiet" });
    const error = el("p", { class: "mobilesd_error" });
    const advice = el("p", { class: "mobilesd_quiet" });
    const warnings = el("ul", { class: "mobilesd_warnings", "aria-label": "Notes on the result" });
    const sends = el("div", { class: "mobilesd_sends", role: "group" });

    const act = async (/** @type {string} */ method, /** @type {string} */ verb) => {
      await api(`jobs/${job.id}${verb}`, { method });
      feed.nudge();
    };
    const cancel = button("Cancel", () => act("POST", "/cancel"));
    const open = button("Open", () => openSettings(job.id), {
      title: "Puts the settings back on screen, to change and queue again",
    });
    const retry = button("Retry", async () => {
      await act("POST", "/retry");
      note("Queued again, as a new job.");
    });
    const remove = button("Delete", async () => {
      const what = job.images.length > 0 ? "this job and its pictures" : "this job";
      if (confirm(`Delete ${what} from the queue?`)) await act("DELETE", "");
    });
    const root = el(
      "li",
      { class: "mobilesd_card" },
      el("div", { class: "mobilesd_row mobilesd_quiet" }, chip, server, time),
      progress,
      outlook,
      pictures,
      prompt,
      settings,
      error,
      advice,
      warnings,
      el("div", { class: "mobilesd_row" }, sends, cancel, open, retry, remove),
    );

    /** The card's own buttons are about one picture: the first, or the one last opened. */
    function choose(/** @type {number} */ index) {
      const image = job.images[index];
      if (!image) return;
      const label = job.images.length > 1 ? `Send picture ${index + 1} to` : "Send to";
      sends.setAttribute("aria-label", label);
      sends.replaceChildren(label, ...pictureActions(image));
    }

    function drawPictures() {
      const openAt = (/** @type {number} */ first) => openViewer(job.images, first, choose);
      const thumbnails = job.images.map(({ name, width, height }, index) =>
        el(
          "button",
          { type: "button", "aria-label": `Open picture ${index + 1}`, click: () => openAt(index) },
          el("img", { src: imageUrl("preview", name), alt: "", loading: "lazy", width, height }),
        ),
      );
      pictures.replaceChildren(...thumbnails);
      choose(0);
    }

    return {
      root,
      update(seen) {
        job = seen;
        setText(time, agoWords(job.at));
        if (drawn === JSON.stringify(job)) return;
        drawn = JSON.stringify(job);
        Object.assign(root.dataset, { status: job.status, id: job.id });
        setText(chip, job.word);
        setText(server, job.server);
        time.title = new Date(job.at).toLocaleString();
        progress.hidden = job.progress === null;
        // Without a value the bar says that something is done, and not how much.
        if (job.progress) progress.value = job.progress;
        else progress.removeAttribute("value");
        setText(outlook, job.outlook);
        setText(prompt, job.prompt);
        setText(settings, job.settings);
        setText(error, job.error);
        setText(advice, job.advice && `For the owner of the server: ${job.advice}`);
        warnings.replaceChildren(...job.warnings.map((text) => el("li", {}, text)));
        if (pictures.childElementCount !== job.images.length) drawPictures();
        setText(open, `Open in ${job.tab}`);
        open.hidden = job.images.length > 0;
        cancel.hidden = !job.can_cancel;
        retry.hidden = !job.can_retry;
        remove.hidden = !job.can_delete;
      },
    };
  }

  Object.assign(window.mobilesdQueue, { agoWords, makeCard, pictureActions });
})();
