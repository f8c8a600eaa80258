/* MobileSD Queue: sends results and settings to Forge's other tabs, by Forge's own paste events. */
(() => {
  const FETCH_TIMEOUT_MS = 60_000;
  const GLANCE_MS = 100;
  const queue = window.mobilesdQueue;
  let request = "";

  /** @param {string} part */
  const press = (part) => gradioApp().getElementById(`mobilesd_send_${part}`)?.click();

  /** What went wrong, once Gradio has drawn the answer: the picture is in place then. @param {string} token */
  async function problemOf(token) {
    const sought = `#mobilesd_send_answer [data-token="${token}"]`;
    for (let waitedMs = 0; waitedMs < FETCH_TIMEOUT_MS; waitedMs += GLANCE_MS) {
      const answer = /** @type {HTMLElement | null} */ (gradioApp().querySelector(sought));
      if (answer) return answer.dataset.error ?? "";
      await new Promise((resolve) => setTimeout(resolve, GLANCE_MS));
    }
    return "The picture did not come in time.";
  }

  /** @type {MobilesdQueue["send"]} */
  async function send(destination, name, infotext) {
    const token = Math.random().toString(36).slice(2);
    const picture = destination === "txt2img" ? null : name;
    request = JSON.stringify({ token, name: picture ?? "", infotext: infotext ?? "" });
    press("load");
    const sentence = await problemOf(token);
    if (sentence) throw queue.failure(sentence);
    // Extras has no settings; inpaint has those of img2img.
    if (infotext) press(`text_${destination === "inpaint" ? "img2img" : destination}`);
    if (picture) press(`picture_${destination}`);
  }

  /** @type {MobilesdQueue["openSettings"]} */
  async function openSettings(path) {
    const { tab, infotext, lost, sentence } = await queue.api(path);
    await send(tab, null, infotext);
    queue.note(sentence, lost);
  }

  Object.assign(queue, { send, openSettings, takeSendRequest: () => request });
})();
