/* MobileSD Queue: connects to a queue; in the tab and among the settings. */
(() => {
  const { api, feed, part } = window.mobilesdQueue;

  /** Keeps the settings page true: "Apply settings" stores whatever stands there. */
  function showOptions(/** @type {Record<string, string>} */ options) {
    for (const [name, value] of Object.entries(options)) {
      const box = /** @type {HTMLInputElement | null} */ (
        gradioApp().querySelector(`#setting_${name} :is(textarea, input)`)
      );
      if (!box) continue;
      box.value = value;
      updateInput(box);
    }
  }

  /** Makes the forms of webui/html/connection.html work. */
  function begin(/** @type {Element} */ root) {
    const answerLine = part(root, "[role=status]");

    for (const form of root.querySelectorAll("form")) {
      const button = part(form, "button");
      form.onsubmit = async (event) => {
        event.preventDefault();
        const { ask } = form.dataset;
        if (ask && !confirm(ask)) return;
        answerLine.textContent = "Asking the queue…";
        button.disabled = true;
        try {
          const body = Object.fromEntries(new FormData(form));
          const answer = await api(form.name, { method: "POST", body });
          answerLine.textContent = `${answer.sentence} ${answer.warning ?? ""}`;
          showOptions(answer.options ?? {});
          // What is secret is not kept once it was of use.
          if (answer.ok) form.reset();
        } catch (error) {
          answerLine.textContent = /** @type {MobilesdFailure} */ (error).sentence;
        }
        button.disabled = false;
        feed.nudge();
      };
    }
    feed.on("state", (state) => {
      const hasKey = state.key_start !== "";
      part(root, "p").textContent = state.connection;
      part(root, ".mobilesd_changes").hidden = state.is_from_environment;
      part(root, "[name=test]").hidden = !hasKey;
      part(root, "[name=disconnect]").hidden = !hasKey || state.is_from_environment;
      part(root, "input[name=url]").value ||= state.url;
    });
  }

  onUiLoaded(() => gradioApp().querySelectorAll(".mobilesd_connect").forEach(begin));
})();
