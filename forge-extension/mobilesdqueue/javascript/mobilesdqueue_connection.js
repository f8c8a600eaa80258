/* MobileSD Queue: connects this Forge to a queue. It stands in the tab and among the settings. */
(() => {
  const { api, el, feed } = window.mobilesdQueue;

  /** A labelled field. */
  function field(/** @type {string} */ label, /** @type {Record<string, string>} */ attributes) {
    const input = el("input", { autocomplete: "off", spellcheck: "false", ...attributes });
    return { input, root: el("label", { class: "mobilesd_field" }, label, input) };
  }

  /** A form that is sent by Enter as well as by its button. */
  function form(
    /** @type {string} */ label,
    /** @type {() => Promise<void>} */ act,
    /** @type {HTMLElement[]} */ ...fields
  ) {
    const submit = window.mobilesdQueue.button(label, act, { type: "submit" });
    const stay = (/** @type {Event} */ event) => event.preventDefault();
    return el("form", { class: "mobilesd_row", submit: stay }, ...fields, submit);
  }

  /** @param {MobilesdState} state */
  function statusWords(state) {
    if (state.key_start === "") return state.error ?? "Not connected.";
    const key = `${state.url}, key ${state.key_start}`;
    if (state.connected === false) return `Not connected to ${key}. ${state.error ?? ""}`;
    return `${state.connected ? "Connected to" : "Set up for"} ${key}`;
  }

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

  /** @type {MobilesdQueue["connection"]} */
  function connection() {
    const { button } = window.mobilesdQueue;
    const status = el("p", {});
    const outcome = el("p", { role: "status" });

    /** @param {string} path @param {unknown} [body] */
    async function ask(path, body) {
      outcome.textContent = "Asking the queue…";
      try {
        const answer = /** @type {MobilesdTest} */ (await api(path, { method: "POST", body }));
        outcome.textContent = [answer.sentence, answer.warning].filter(Boolean).join(" ");
        showOptions(answer.options ?? {});
        return answer.ok;
      } catch (error) {
        outcome.textContent = /** @type {MobilesdFailure} */ (error).sentence;
        return false;
      } finally {
        feed.nudge();
      }
    }

    const link = field("Link or code", { placeholder: "http://…/#pair=7K3M-Q2XW-9RTD" });
    const paste = form(
      "Connect",
      async () => {
        if (await ask("connect", { text: link.input.value })) link.input.value = "";
      },
      link.root,
    );
    const url = field("Address of the queue", {
      type: "url",
      placeholder: "http://127.0.0.1:3000",
    });
    const key = field("Key", {});
    const secret = field("Secret", { type: "password", autocomplete: "new-password" });
    const typed = form(
      "Save",
      async () => {
        const body = { url: url.input.value, key: key.input.value, secret: secret.input.value };
        if (await ask("credentials", body)) secret.input.value = "";
      },
      url.root,
      key.root,
      secret.root,
    );
    const test = button("Test connection", () => ask("test"));
    const leave = button("Disconnect", async () => {
      const question =
        "Disconnect this Forge? Its key and secret are removed from this machine. " +
        "Jobs in the queue stay there, and jobs saved here are kept.";
      if (confirm(question)) await ask("disconnect");
    });
    const root = el(
      "div",
      { class: "mobilesd mobilesd_connect" },
      status,
      el("p", {}, "Paste the link or code that npm start, or the queue's page, shows."),
      paste,
      el("details", {}, el("summary", {}, "Type key and secret instead"), typed),
      el("div", { class: "mobilesd_row" }, test, leave),
      outcome,
    );
    const draw = (/** @type {MobilesdState} */ state) => {
      status.textContent = statusWords(state);
      status.dataset.connected = String(state.connected);
      test.hidden = state.key_start === "";
      leave.hidden = state.key_start === "";
      if (url.input.value === "") url.input.value = state.url;
    };
    feed.on("state", draw);
    const known = window.mobilesdQueue.state();
    if (known) draw(known);
    return root;
  }

  window.mobilesdQueue.connection = connection;

  onUiLoaded(() => {
    gradioApp().getElementById("mobilesd_connection_settings")?.append(connection());
  });
})();
