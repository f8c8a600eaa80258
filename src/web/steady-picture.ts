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
  let shown: HTMLImageElement | null = null;

  const put = (picture: HTMLImageElement) => {
    shown?.remove();
    shown = picture;
    place.append(picture);
    place.classList.remove("unfilled");
    onShown();
  };
  return {
    show(key, src, alt) {
      if (shown) shown.alt = alt;
      if (key === wanted) return;
      wanted = key;
      const isFirst = shown === null;
      const next = element("img", { alt, decoding: isFirst ? "async" : "sync" });
      // A browser fetches no lazy picture that is not in the page yet.
      if (isFirst && !src.startsWith("data:")) {
        next.loading = "lazy";
        next.classList.add("first");
        next.src = src;
        return put(next);
      }
      next.src = src;
      const putIfWanted = () => {
        if (wanted === key) put(next);
      };
      // What cannot be decoded is shown as what it is, unless a picture stands there already.
      next.decode().then(putIfWanted, () => {
        if (shown === null) putIfWanted();
      });
    },
  };
}
