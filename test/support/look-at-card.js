// @ts-nocheck: it runs in the browser, of which the tests' types know nothing.
/**
 * Runs in a page: from now on it looks in every frame that the browser draws at the card of the job with this
 * prompt, and keeps what it saw in `globalThis.seen` (the `Sight` of phone.ts).
 */
export function lookAtCard(prompt) {
  const seen = {
    pictures: [],
    percents: [],
    places: [],
    blanks: 0,
    words: [],
    statuses: [],
    said: [],
    wasReconnecting: false,
    wasStale: false,
  };
  globalThis.seen = seen;
  const note = (list, value) => {
    if (list.at(-1) !== value) list.push(value);
  };
  const isShown = (name) => {
    const found = document.querySelector(name);
    return found !== null && !found.hidden;
  };
  const lookAtPicture = (frame) => {
    const { x, y, width, height } = frame.getBoundingClientRect();
    const place = [x, y + scrollY, width, height].map(Math.round).join(" ");
    if (!seen.places.includes(place)) seen.places.push(place);
    const picture = frame.querySelector("img");
    const isThere = picture?.complete && picture.naturalWidth > 0;
    if (!isThere) seen.blanks += seen.pictures.length > 0 ? 1 : 0;
    else if (seen.pictures.at(-1)?.src !== picture.src) {
      seen.pictures.push({ isLive: picture.src.startsWith("data:"), src: picture.src });
    }
  };
  const look = () => {
    requestAnimationFrame(look);
    seen.wasReconnecting ||= isShown(".reconnecting");
    seen.wasStale ||= isShown(".stale");
    const said = document.getElementById("announcer").textContent;
    if (said !== "") note(seen.said, said);
    const prompts = [...document.querySelectorAll("li.card .prompt")];
    const card = prompts.find((one) => one.textContent === prompt)?.closest("li");
    if (!card) return;
    note(seen.statuses, card.dataset.status);
    note(seen.words, card.querySelector(".outlook").textContent);
    const bar = card.querySelector(".progress");
    if (!bar.hidden) note(seen.percents, Number(bar.getAttribute("aria-valuenow")));
    const frame = card.querySelector(".thumbnail");
    if (frame) lookAtPicture(frame);
  };
  look();
}
