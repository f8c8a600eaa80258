/* MobileSD Queue: notes, and the view of a picture in full. */
(() => {
  const NOTE_SHOWN_MS = 5_000;
  /** How far a finger must move sideways to mean the next picture, in CSS pixels. */
  const SWIPE_PX = 48;
  const { el } = window.mobilesdQueue;

  /** Inside Gradio's container, where its fonts and colours reach. */
  const home = () => document.querySelector(".gradio-container") ?? document.body;

  /** @type {MobilesdQueue["button"]} */
  function button(label, act, attributes = {}) {
    const made = el("button", { type: "button", class: "mobilesd_button", ...attributes }, label);
    made.addEventListener("click", async () => {
      made.disabled = true;
      try {
        await act();
      } catch (error) {
        note(/** @type {MobilesdFailure} */ (error).sentence ?? "That did not work.");
        if (!(error instanceof Error && "sentence" in error)) throw error;
      } finally {
        made.disabled = false;
      }
    });
    return made;
  }

  /** @type {MobilesdQueue["note"]} */
  function note(text, lines = []) {
    const made = el(
      "div",
      { class: "mobilesd mobilesd_note", role: "status" },
      el("p", {}, text),
      lines.length === 0
        ? null
        : el("ul", { class: "mobilesd_warnings" }, ...lines.map((line) => el("li", {}, line))),
    );
    if (lines.length === 0) setTimeout(() => made.remove(), NOTE_SHOWN_MS);
    else made.append(button("Close", () => made.remove()));
    home().append(made);
  }

  /** @type {MobilesdQueue["copyText"]} */
  async function copyText(text, what) {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else {
      // Pages over plain http have no clipboard of their own; there the old way still works.
      const area = el("textarea", {});
      area.value = text;
      (document.querySelector("dialog[open]") ?? home()).append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    note(`${what} copied.`);
  }

  /** Calls `move` with -1 or 1 when a finger wipes across. */
  function onSwipe(/** @type {HTMLElement} */ target, /** @type {(step: number) => void} */ move) {
    let startX = 0;
    target.addEventListener("touchstart", (event) => {
      startX = event.changedTouches[0]?.clientX ?? 0;
    });
    target.addEventListener("touchend", (event) => {
      const movedX = (event.changedTouches[0]?.clientX ?? startX) - startX;
      if (Math.abs(movedX) >= SWIPE_PX) move(movedX < 0 ? 1 : -1);
    });
  }

  /** @type {MobilesdQueue["imageUrl"]} */
  const imageUrl = (kind, name) => `./mobilesd-queue/images/${kind}/${encodeURIComponent(name)}`;

  /** @type {MobilesdQueue["openViewer"]} */
  function openViewer(images, first, chosen) {
    let index = first;
    const picture = el("img", { draggable: "false" });
    const facts = el("span", { "aria-live": "polite" });
    const actions = el("div", { class: "mobilesd_row" });
    const dialog = el("dialog", { class: "mobilesd mobilesd_viewer", "aria-label": "Picture" });
    const move = (/** @type {number} */ step) => {
      index = (index + step + images.length) % images.length;
      const image = images[index];
      if (!image) return;
      picture.src = imageUrl("download", image.name);
      picture.alt = `Picture ${index + 1} of ${images.length}`;
      picture.style.backgroundImage = `url("${imageUrl("preview", image.name)}")`;
      picture.style.aspectRatio = `${image.width} / ${image.height}`;
      const seed = image.seed === null ? "" : `, seed ${image.seed}`;
      facts.textContent = `${index + 1} of ${images.length}: ${image.width}×${image.height}${seed}`;
      const download = { href: picture.src, download: image.name, class: "mobilesd_button" };
      actions.replaceChildren(
        "Send to",
        ...window.mobilesdQueue.pictureActions(image, () => dialog.close()),
        el("a", download, "Download"),
      );
      chosen(index);
    };
    const stage = el("div", { class: "mobilesd_stage" }, picture);
    if (images.length > 1) {
      const turn = (
        /** @type {string} */ sign,
        /** @type {string} */ name,
        /** @type {number} */ step,
      ) => button(sign, () => move(step), { "aria-label": name });
      stage.prepend(turn("‹", "Previous picture", -1));
      stage.append(turn("›", "Next picture", 1));
      onSwipe(stage, move);
    }
    dialog.addEventListener("keydown", (event) => {
      // Forge's own keys (Escape interrupts) do not hear what is pressed here.
      event.stopPropagation();
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step && images.length > 1) move(step);
    });
    const close = button("Close", () => dialog.close(), { autofocus: true });
    dialog.append(el("div", { class: "mobilesd_row" }, facts, close), stage, actions);
    move(0);
    dialog.addEventListener("close", () => dialog.remove());
    home().append(dialog);
    dialog.showModal();
  }

  Object.assign(window.mobilesdQueue, {
    button,
    note,
    copyText,
    imageUrl,
    openViewer,
  });
})();
