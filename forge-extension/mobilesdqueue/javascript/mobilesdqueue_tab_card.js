/* MobileSD Queue: a job on the tab. */
(() => {
  const queue = window.mobilesdQueue;
  const { el } = queue;
  /** @type {MobilesdDestination[]} */
  const DESTINATIONS = ["txt2img", "img2img", "inpaint", "extras"];

  /** Leaves a selection and a screen reader in peace while nothing differs. */
  function setText(/** @type {HTMLElement} */ target, /** @type {string} */ text) {
    if (target.textContent !== text) target.textContent = text;
    target.hidden = text === "";
  }

  /** @type {MobilesdQueue["pictureActions"]} */
  function pictureActions({ name, infotext }, leave = () => {}) {
    const made = DESTINATIONS.map((tab) => {
      const go = () => {
        leave();
        return queue.send(tab, name, infotext);
      };
      const what = tab === "txt2img" ? "its settings" : "picture and settings";
      return queue.button(tab, go, { title: `Send ${what} to ${tab}` });
    });
    if (infotext === null) return made;
    return [...made, queue.button("Copy infotext", () => queue.copyInfotext(infotext))];
  }

  /** @type {MobilesdQueue["makeCard"]} */
  function makeCard() {
    /** @type {MobilesdJob} */
    let job;
    let drawn = "";
    const quiet = { class: "mobilesd_quiet" };
    const texts = {
      word: el("span", { class: "mobilesd_chip" }),
      server: el("span"),
      ago: el("time"),
      outlook: el("p"),
      prompt: el("p", { class: "mobilesd_prompt" }),
      settings: el("p", quiet),
      error: el("p", { class: "mobilesd_error" }),
      advice: el("p", quiet),
    };
    const progress = el("progress", { max: 100, "aria-label": "Progress" });
    const pictures = el("div", { class: "mobilesd_pictures" });
    const warnings = el("ul", { "aria-label": "Notes on the result" });
    const sends = el("div", { class: "mobilesd_sends", role: "group" });

    /** Kept until the answer comes: one press is one new job. */
    let press = "";
    const cancel = queue.button("Cancel", () => queue.act(`jobs/${job.id}/cancel`));
    const open = queue.button("Open", () => queue.openSettings(job.id), {
      title: "Puts the settings back on screen, to change and queue again",
    });
    const retry = queue.button("Retry", async () => {
      press ||= Math.random().toString(36).slice(2);
      await queue.act(`jobs/${job.id}/retry`, { press });
      press = "";
    });
    const remove = queue.button("Delete", async () => {
      const what = job.images.length > 0 ? "this job and its pictures" : "this job";
      if (confirm(`Delete ${what} from the queue?`))
        await queue.act(`jobs/${job.id}`, {}, "DELETE");
    });
    const root = el(
      "li",
      { class: "mobilesd_card" },
      el("div", { class: "mobilesd_row mobilesd_quiet" }, texts.word, texts.server, texts.ago),
      ...[progress, texts.outlook, pictures, texts.prompt, texts.settings],
      ...[texts.error, texts.advice, warnings],
      queue.row(sends, cancel, open, retry, remove),
    );

    /** The buttons are about one picture: the first, or the one last opened. */
    function choose(/** @type {number} */ index) {
      const image = job.images[index];
      if (!image) return;
      const label = job.images.length > 1 ? `Send picture ${index + 1} to` : "Send to";
      sends.setAttribute("aria-label", label);
      sends.replaceChildren(label, ...pictureActions(image));
    }

    function drawPictures() {
      const thumbnails = job.images.map(({ name, width, height }, index) => {
        const src = queue.imageUrl("preview", name);
        const click = () => queue.openViewer(job.images, index, choose);
        return el(
          "button",
          { type: "button", "aria-label": `Open picture ${index + 1}`, click },
          el("img", { src, alt: "", loading: "lazy", width, height }),
        );
      });
      pictures.replaceChildren(...thumbnails);
      choose(0);
    }

    /** @type {MobilesdCard["update"]} */
    function update(seen) {
      job = seen;
      if (drawn === JSON.stringify(job)) return;
      drawn = JSON.stringify(job);
      Object.assign(root.dataset, { status: job.status, id: job.id });
      for (const [name, target] of Object.entries(texts)) {
        setText(target, job[/** @type {keyof typeof texts} */ (name)]);
      }
      texts.ago.title = new Date(job.at).toLocaleString();
      progress.hidden = !job.progress;
      progress.value = job.progress ?? 0;
      warnings.replaceChildren(...job.warnings.map((text) => el("li", {}, text)));
      if (pictures.childElementCount !== job.images.length) drawPictures();
      setText(open, `Open in ${job.tab}`);
      open.hidden = job.images.length > 0;
      cancel.hidden = !job.can_cancel;
      retry.hidden = !job.can_retry;
      remove.hidden = !job.can_delete;
    }
    return { root, update };
  }

  Object.assign(queue, { makeCard, pictureActions });
})();
