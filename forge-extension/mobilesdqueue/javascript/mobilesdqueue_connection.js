/* MobileSD Queue: connects to a queue; in the tab and among the settings. */
(() => {
  const queue = window.mobilesdQueue;
  const { api, el, feed } = queue;

  /** @param {string} name @param {string} label @param {Record<string, string>} [attributes] */
  function field(name, label, attributes) {
    const input = el("input", { name, autocomplete: "off", ...attributes });
    return { input, root: el("label", { class: "mobilesd_field" }, label, input) };
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

    /**
     * A form that forgets its last field, what is secret, once that was of use.
     * @param {string} path @param {string} label @param {ReturnType<typeof field>[]} fields
     */
    function form(path, label, ...fields) {
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
        "Disconnect this Forge? Its key and secret are removed from this machine; the queue goes " +
        "on taking that key. Jobs in the queue stay there, and jobs saved here are kept.";
      if (confirm(question)) await ask("disconnect");
    });

    const forms = el(
      "div",
      {},
      el("p", {}, "Paste the link or code that npm start, or the queue's page, shows."),
      form("connect", "Connect", text),
      el(
        "details",
        {},
        el("summary", {}, "Type key and secret instead"),
        form("credentials", "Save", url, key, secret),
      ),
    );
    feed.on("state", (state) => {
      status.textContent = state.connection;
      forms.hidden = state.is_from_environment;
      test.hidden = state.key_start === "";
      leave.hidden = test.hidden || forms.hidden;
      url.input.value ||= state.url;
    });
    return el(
      "div",
      { class: "mobilesd mobilesd_connect" },
      ...[status, forms, queue.row(test, leave), outcome],
    );
  }

  queue.connection = connection;

  onUiLoaded(() => {
    gradioApp().getElementById("mobilesd_connection_settings")?.append(connection());
  });
})();
