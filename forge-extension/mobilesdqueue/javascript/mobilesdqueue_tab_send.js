/* MobileSD Queue: sends results and settings to Forge's other tabs, by Forge's own paste events. */
(() => {
  const FETCH_TIMEOUT_MS = 60_000;
  const PICTURE_TABS = ["img2img", "inpaint", "extras"];
  /** On which tab the settings are pasted. */
  const TEXT_TABS = { txt2img: "txt2img", img2img: "img2img", inpaint: "img2img", extras: "" };
  const { api } = window.mobilesdQueue;
  let request = "";

  /** @param {string} part */
  const hidden = (part) => gradioApp().getElementById(`mobilesd_send_${part}`);

  /** Resolves when Gradio has drawn the answer: the picture is in place then as well. @param {string} token */
  function answerTo(token) {
    const place = /** @type {HTMLElement} */ (hidden("answer"));
    return new Promise((resolve, reject) => {
      const end = (/** @type {string} */ problem) => {
        observer.disconnect();
        clearTimeout(timeout);
        if (problem) reject(Object.assign(new Error(problem), { sentence: problem }));
        else resolve(undefined);
      };
      const observer = new MutationObserver(() => {
        const answer = /** @type {HTMLElement | null} */ (place.querySelector("[data-token]"));
        if (answer?.dataset.token === token) end(answer.dataset.error ?? "");
      });
      const timeout = setTimeout(() => end("The picture did not come in time."), FETCH_TIMEOUT_MS);
      observer.observe(place, { childList: true, subtree: true, attributes: true });
    });
  }

  /** @type {MobilesdQueue["send"]} */
  async function send(destination, name, infotext) {
    const token = Math.random().toString(36).slice(2);
    const isPicture = name !== null && PICTURE_TABS.includes(destination);
    request = JSON.stringify({ token, name: isPicture ? name : "", infotext: infotext ?? "" });
    const answered = answerTo(token);
    hidden("load")?.click();
    await answered;
    const textTab = TEXT_TABS[destination];
    if (infotext && textTab) hidden(`text_${textTab}`)?.click();
    if (isPicture) hidden(`picture_${destination}`)?.click();
  }

  /** @type {MobilesdQueue["openSettings"]} */
  async function openSettings(jobId) {
    const { tab, infotext, lost } =
      /** @type {{tab: MobilesdDestination, infotext: string, lost: string[]}} */ (
        await api(`infotext/${jobId}`)
      );
    await send(tab, null, infotext);
    const { note } = window.mobilesdQueue;
    if (lost.length === 0) note(`The job's settings are on ${tab}.`);
    else note(`The job's settings are on ${tab}, but for these:`, lost);
  }

  Object.assign(window.mobilesdQueue, { send, openSettings, takeSendRequest: () => request });
})();
