/* MobileSD Queue: connects this Forge to a queue. It stands in the tab and among the settings. */
(() => {
  const queue = window.mobilesdQueue;
  const { api, el, feed } = queue;

  /** @param {string} name @param {string} label @param {Record<string, string>} [attributes] */
  function field(name, label, attributes) {
    const input = el("input", { name, autocomplete: "off", ...attributes });
    return { input, root: el("label", { class: "mobilesd_field" }, label, input) };
  }

  /** @param {MobilesdState} state */
  function statusWords({ connected, error, key_start: key, url }) {
    if (key === "") return error ?? "Not connected.";
    const status = connected
      ? "Connected to"
      : connected === null
        ? "Set up for"
        : "No answer from";
    return `${status} ${url} with key ${key} ${error ?? ""}`;
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
    const { button } = queue;
    const status = el("p");
    const outcome = el("p", { role: "status" });

    /** @param {string} path @param {unknown} [body] */
    async function ask(path, body) {
      outcome.textContent = "Asking the queue…";
      try {
        const answer = /** @type {MobilesdTest} */ (await api(path, { method: "POST", body }));
        outcome.textContent = `${answer.sentence} ${answer.warning ?? ""}`;
        showOptions(answer.options ?? {});
        return answer.ok;
      } catch (error) {
        outcome.textContent = /** @type {MobilesdFailure} */ (error).sentence;
        return false;
      }
    }

    /** A form that forgets its last field, what is secret, once that was of use. */
    function form(
      /** @type {string} */ path,
      /** @type {string} */ label,
      /** @type {ReturnType<typeof field>[]} */ ...fields
    ) {
      const send = async () => {
        const body = Object.fromEntries(fields.map(({ input }) => [input.name, input.value]));
        const last = fields.at(-1)?.input;
        if ((await ask(path, body)) && last) last.value = "";
      };
      const submit = (/** @type {Event} */ event) => event.preventDefault();
      const go = button(label, send, { type: "submit" });
      return el("form", { class: "mobilesd_row", submit }, ...fields.map(({ root }) => root), go);
    }

    const text = field("text", "Link or code", { placeholder: "http://…/#pair=7K3M-Q2XW-9RTD" });
    const url = field("url", "Address of the queue");
    const key = field("key", "Key");
    const secret = field("secret", "Secret", { type: "password", autocomplete: "new-password" });
    const test = button("Test connection", () => ask("test"));
    const leave = button("Disconnect", async () => {
      const question =
        "Disconnect this Forge? Its key and secret are removed from this machine. " +
        "Jobs in the queue stay there, and jobs saved here are kept.";
      if (confirm(question)) await ask("disconnect");
    });

    feed.on("state", (state) => {
      status.textContent = statusWords(state);
      test.hidden = leave.hidden = state.key_start === "";
      url.input.value ||= state.url;
    });
    return el(
      "div",
      { class: "mobilesd mobilesd_connect" },
      status,
      el("p", {}, "Paste the link or code that npm start, or the queue's page, shows."),
      form("connect", "Connect", text),
      el(
        "details",
        {},
        el("summary", {}, "Type key and secret instead"),
        form("credentials", "Save", url, key, secret),
      ),
      el("div", { class: "mobilesd_row" }, test, leave),
      outcome,
    );
  }

  queue.connection = connection;

  onUiLoaded(() => {
    gradioApp().getElementById("mobilesd_connection_settings")?.append(connection());
  });
})();
