import { element } from "./dom.ts";

/** A place that shows one picture. What is in it stays until the next one can be shown at once. */
export interface SteadyPicture {
  /**
   * Shows a picture; one with the same key is shown already. The first one of a place may come late, and only
   * when it is scrolled to.
   */
  show(key: string, src: string, alt: string): void;
}

/** Puts pictures into `place`, one after the other without a flicker; `onShown` is called for each. */
export function steadyPicture(place: HTMLElement, onShown: () => void = () => {}): SteadyPicture {
  let wanted = "";
  let count = 0;
  let shown: { picture: HTMLImageElement; number: number } | null = null;

  const put = (picture: HTMLImageElement, number: number) => {
    // Pictures may come faster than they can be decoded: each is shown but an overtaken one.
    if (shown && shown.number > number) return;
    shown?.picture.remove();
    shown = { picture, number };
    place.append(picture);
    place.classList.remove("unfilled");
    onShown();
  };
  return {
    show(key, src, alt) {
      if (shown) shown.picture.alt = alt;
      if (key === wanted) return;
      wanted = key;
      count += 1;
      const number = count;
      const isFirst = shown === null;
      const next = element("img", { alt, decoding: isFirst ? "async" : "sync" });
      // A browser fetches no lazy picture that is not in the page yet.
      if (isFirst && !src.startsWith("data:")) {
        next.loading = "lazy";
        next.classList.add("first");
        next.src = src;
        return put(next, number);
      }
      next.src = src;
      // What cannot be decoded is shown as what it is, unless a picture stands there already.
      next.decode().then(
        () => put(next, number),
        () => {
          if (shown === null) put(next, number);
        },
      );
    },
  };
}
