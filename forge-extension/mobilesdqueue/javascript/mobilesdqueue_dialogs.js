/* MobileSD Queue: buttons, notes and the view of pictures in full. */
(() => {
  const NOTE_SHOWN_MS = 5_000;
  /** A finger's way to the next picture, in CSS pixels. */
  const SWIPE_PX = 48;
  const queue = window.mobilesdQueue;
  const { el } = queue;

  /** Where Gradio's fonts and colours reach. */
  const home = () => document.querySelector(".gradio-container") ?? document.body;

  /** @type {MobilesdQueue["button"]} */
  function button(label, act, attributes = {}) {
    const click = async () => {
      made.disabled = true;
      try {
        await act();
      } catch (error) {
        const { sentence } = /** @type {Partial<MobilesdFailure>} */ (error);
        note(sentence ?? "That did not work.");
        if (!sentence) throw error;
      } finally {
        made.disabled = false;
      }
    };
    const all = { type: "button", class: "mobilesd_button", click, ...attributes };
    const made = el("button", all, label);
    return made;
  }

  /** @type {MobilesdQueue["row"]} */
  const row = (...children) => el("div", { class: "mobilesd_row" }, ...children);

  /** @type {MobilesdQueue["note"]} */
  function note(text, lines = []) {
    const list = lines.map((line) => el("li", {}, line));
    const made = el("div", { class: "mobilesd mobilesd_note", role: "status" }, el("p", {}, text));
    if (list.length === 0) setTimeout(() => made.remove(), NOTE_SHOWN_MS);
    else
      made.append(
        el("ul", {}, ...list),
        button("Close", () => made.remove()),
      );
    home().append(made);
  }

  /** @type {MobilesdQueue["act"]} */
  async function act(path, body = {}, method = "POST") {
    const answer = await queue.api(path, { method, body });
    note(/** @type {{sentence: string}} */ (answer).sentence);
  }

  /** @type {MobilesdQueue["copyInfotext"]} */
  async function copyInfotext(text) {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else {
      // Pages over plain http have no clipboard.
      const area = el("textarea");
      area.value = text;
      (document.querySelector("dialog[open]") ?? home()).append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    note("Infotext copied.");
  }

  /** @type {MobilesdQueue["imageUrl"]} */
  const imageUrl = (kind, name) => `./mobilesd-queue/images/${kind}/${name}`;

  /** @type {MobilesdQueue["openViewer"]} */
  function openViewer(images, first, chosen) {
    let index = first;
    let touchX = 0;
    const picture = el("img");
    const facts = el("span", { "aria-live": "polite" });
    const actions = row();
    const stage = el("div", { class: "mobilesd_stage" }, picture);
    const close = button("Close", () => dialog.close());
    const dialog = el(
      "dialog",
      { class: "mobilesd mobilesd_viewer", "aria-label": "Picture" },
      row(facts, close),
      stage,
      actions,
    );

    function move(/** @type {number} */ step) {
      index = (index + step + images.length) % images.length;
      const image = images[index];
      if (!image) return;
      const { name, width, height, seed } = image;
      picture.src = imageUrl("download", name);
      picture.alt = `Picture ${index + 1} of ${images.length}`;
      picture.style.background = `center / cover url("${imageUrl("preview", name)}")`;
      picture.style.aspectRatio = `${width} / ${height}`;
      facts.textContent = `${index + 1} of ${images.length}: ${width}×${height}, seed ${seed ?? "?"}`;
      const download = { href: picture.src, download: name, class: "mobilesd_button" };
      const sends = queue.pictureActions(image, () => dialog.close());
      actions.replaceChildren("Send to", ...sends, el("a", download, "Download"));
      chosen(index);
    }

    if (images.length > 1) {
      stage.prepend(button("‹", () => move(-1), { "aria-label": "Previous picture" }));
      stage.append(button("›", () => move(1), { "aria-label": "Next picture" }));
    }
    stage.addEventListener("touchstart", ({ changedTouches: [touch] }) => {
      touchX = touch?.clientX ?? 0;
    });
    stage.addEventListener("touchend", ({ changedTouches: [touch] }) => {
      const movedX = (touch?.clientX ?? touchX) - touchX;
      if (Math.abs(movedX) >= SWIPE_PX) move(movedX < 0 ? 1 : -1);
    });
    dialog.addEventListener("keydown", (event) => {
      // Forge's own keys (Escape interrupts) do not hear what is pressed here.
      event.stopPropagation();
      if (event.key === "ArrowLeft") move(-1);
      if (event.key === "ArrowRight") move(1);
    });
    dialog.addEventListener("close", () => dialog.remove());
    move(0);
    home().append(dialog);
    dialog.showModal();
  }

  Object.assign(queue, { button, row, note, act, copyInfotext, imageUrl, openViewer });
})();
