/* MobileSD Queue: a job on the tab. */
(() => {
  const queue = window.mobilesdQueue;
  const { el, part } = queue;
  /** @type {MobilesdDestination[]} */
  const DESTINATIONS = ["txt2img", "img2img", "inpaint", "extras"];
  /** @type {Record<string, string>} */
  const PHASES = { waiting: "Waits for Forge", loading: "Gets ready" };

  /** Leaves a selection and a screen reader in peace while nothing differs. */
  function setText(/** @type {HTMLElement} */ target, /** @type {string} */ text) {
    if (target.textContent !== text) target.textContent = text;
    target.hidden = text === "";
  }

  /** How a run stands. @param {MobilesdProgress} run */
  function runWords({ progress, phase, estimated_completion_time: end }) {
    const seconds = (Date.parse(end ?? "") - Date.now()) / 1000;
    const time =
      seconds > 55 ? `${Math.round(seconds / 60)} min` : `${5 * Math.ceil(seconds / 5)} s`;
    return (PHASES[phase] ?? `${progress} %`) + (seconds >= 5 ? `, about ${time} left` : "");
  }

  /** @type {MobilesdQueue["pictureActions"]} */
  function pictureActions({ name, infotext }, leave = () => {}) {
    const made = DESTINATIONS.map((tab) => {
      const go = () => {
        leave();
        return queue.send(tab, name, infotext);
      };
      const what = tab === "txt2img" ? "settings" : "picture and settings";
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
    /** What the queue told of the run. @type {{epoch: number, progress?: MobilesdProgress, shots: string[]}} */
    let run = { epoch: 0, shots: [] };
    const root = queue.fresh("li");
    const progress = part(root, "progress");
    const texts = root.querySelectorAll("[data-text]");
    const outlook = part(root, "[data-text=outlook]");
    const pictures = part(root, ".mobilesd_pictures");
    const sends = part(root, ".mobilesd_sends");

    function drawActions() {
      const buttons = job.actions.map(({ label, body, ask, ...route }) => {
        /** Kept until the answer comes: one press is one new job. */
        let press = "";
        return queue.button(label, async () => {
          if (route.method === "GET") return queue.openSettings(route.path);
          if (ask && !confirm(ask)) return;
          press ||= Math.random().toString(36).slice(2);
          await queue.act(route.path, { ...body, press }, route.method);
          press = "";
        });
      });
      part(root, ".mobilesd_actions").replaceChildren(sends, ...buttons);
    }

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
        const shot = run.shots[index + 1];
        const style = shot ? `background: url(${shot}) center / contain no-repeat` : null;
        const click = () => queue.openViewer(job.images, index, choose);
        return el(
          "button",
          { type: "button", "aria-label": `Open picture ${index + 1}`, click },
          el("img", { src, alt: "", loading: "lazy", width, height, style }),
        );
      });
      pictures.replaceChildren(...thumbnails);
      choose(0);
    }

    /** The picture as it grows, then each one that is done. */
    function drawRun() {
      const { progress: told, shots } = run;
      const percent = Math.max(job.progress ?? 0, told?.progress ?? 0);
      progress.hidden = !percent;
      progress.value = percent;
      // A newer look has the word, and what it says in place of the time.
      const isNews = told?.progress === percent && job.progress !== null;
      setText(outlook, isNews ? runWords(told) : job.outlook);
      for (const [index, src] of (shots.length > 1 ? shots.slice(1) : shots).entries()) {
        const shot = pictures.children[index] ?? pictures.appendChild(el("img", { alt: "" }));
        if (src) shot.setAttribute("src", src);
      }
    }

    /** @type {MobilesdCard["hear"]} */
    function hear(event) {
      const [epoch] = event.sequence;
      if (epoch < run.epoch) return;
      if (epoch > run.epoch) {
        run = { epoch, shots: [] };
        pictures.replaceChildren();
      }
      if (event.type === "progress") run.progress = event;
      else run.shots[event.index] = `data:image/webp;base64,${event.webp}`;
      if (job.status === "processing") drawRun();
    }

    /** @type {MobilesdCard["update"]} */
    function update(seen) {
      if (drawn === JSON.stringify(seen)) return;
      drawn = JSON.stringify(seen);
      const isOffered = JSON.stringify(job?.actions) === JSON.stringify(seen.actions);
      job = seen;
      const { id, status, images, warnings } = job;
      Object.assign(root.dataset, { status, id });
      for (const text of /** @type {NodeListOf<HTMLElement>} */ (texts)) {
        const name = /** @type {"word"} */ (text.dataset.text);
        if (text !== outlook) setText(text, job[name]);
      }
      part(root, "time").title = new Date(job.at).toLocaleString();
      part(root, "ul").replaceChildren(...warnings.map((text) => el("li", {}, text)));
      if (status !== "processing") {
        const isOther = run.shots.length > 0 || pictures.childElementCount !== images.length;
        if (isOther) drawPictures();
        run = { epoch: run.epoch, shots: [] };
      }
      drawRun();
      if (!isOffered) drawActions();
    }
    return { root, update, hear };
  }

  Object.assign(queue, { makeCard, pictureActions });
})();
