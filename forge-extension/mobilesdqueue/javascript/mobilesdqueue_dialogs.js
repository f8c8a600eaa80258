/* MobileSD Queue: buttons, notes and the view of pictures in full. */
(() => {
  const NOTE_SHOWN_MS = 5_000;
  /** A finger's way to the next picture, in CSS pixels. */
  const SWIPE_PX = 48;
  const queue = window.mobilesdQueue;
  const { el, part } = queue;

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
    try {
      note((await queue.api(path, { method, body })).sentence);
    } finally {
      queue.feed.nudge();
    }
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
    const dialog = queue.fresh("dialog");
    const stage = part(dialog, ".mobilesd_stage");
    const picture = part(stage, "img");

    function move(/** @type {number} */ step) {
      index = (index + step + images.length) % images.length;
      const image = images[index];
      if (!image) return;
      const { name, width, height, seed } = image;
      const place = `${index + 1} of ${images.length}`;
      picture.src = imageUrl("download", name);
      picture.alt = `Picture ${place}`;
      picture.style.background = `center / cover url("${imageUrl("preview", name)}")`;
      picture.style.aspectRatio = `${width} / ${height}`;
      part(dialog, "span").textContent = `${place}: ${width}×${height}, seed ${seed ?? "?"}`;
      const download = { href: picture.src, download: name, class: "mobilesd_button" };
      const sends = queue.pictureActions(image, () => dialog.close());
      const actions = ["Send to", ...sends, el("a", download, "Download")];
      part(dialog, ".mobilesd_actions").replaceChildren(...actions);
      chosen(index);
    }

    for (const button of stage.querySelectorAll("button")) {
      button.hidden = images.length === 1;
      button.onclick = () => move(Number(button.value));
    }
    stage.ontouchstart = ({ changedTouches: [touch] }) => {
      touchX = touch?.clientX ?? 0;
    };
    stage.ontouchend = ({ changedTouches: [touch] }) => {
      const movedX = (touch?.clientX ?? touchX) - touchX;
      if (Math.abs(movedX) >= SWIPE_PX) move(movedX < 0 ? 1 : -1);
    };
    dialog.onkeydown = (event) => {
      // Forge's own keys (Escape interrupts) do not hear what is pressed here.
      event.stopPropagation();
      if (event.key === "ArrowLeft") move(-1);
      if (event.key === "ArrowRight") move(1);
    };
    dialog.onclose = () => dialog.remove();
    move(0);
    home().append(dialog);
    dialog.showModal();
  }

  Object.assign(queue, { button, note, act, copyInfotext, imageUrl, openViewer });
})();
