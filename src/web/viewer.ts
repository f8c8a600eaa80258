import type { JobImage } from "@mobilesd/contract";
import { button, copyText, element, setText } from "./dom.ts";

/** How far a finger must move sideways to mean the next picture, in CSS pixels. */
const SWIPE_PX = 48;

/** Calls `move` with -1 or 1 when a finger wipes across. */
function listenForSwipe(target: HTMLElement, move: (step: number) => void): void {
  let startX: number | null = null;
  target.addEventListener("pointerdown", (event) => {
    startX = event.pointerType === "touch" ? event.clientX : null;
  });
  target.addEventListener("pointerup", (event) => {
    if (startX === null) return;
    const movedX = event.clientX - startX;
    startX = null;
    if (Math.abs(movedX) >= SWIPE_PX) move(movedX < 0 ? 1 : -1);
  });
}

/** Shows a picture; its preview is here already and stands in until the full one has come. */
function showPicture(picture: HTMLImageElement, image: JobImage, prompt: string): void {
  picture.classList.add("loading");
  picture.src = image.download_url;
  picture.alt = prompt;
  picture.width = image.width;
  picture.height = image.height;
  picture.style.backgroundImage = image.preview_url ? `url("${image.preview_url}")` : "none";
  picture.style.aspectRatio = `${image.width} / ${image.height}`;
}

function turnButtons(move: (step: number) => void): HTMLElement[] {
  const previous = button("‹", "turn previous", () => move(-1));
  const next = button("›", "turn next", () => move(1));
  previous.setAttribute("aria-label", "Previous picture");
  next.setAttribute("aria-label", "Next picture");
  return [previous, next];
}

function factsOf(image: JobImage): string {
  const seed = image.seed === null ? "" : ` · seed ${image.seed}`;
  return `${image.width}×${image.height}${seed}`;
}

/** Opens the pictures of a job in full, beginning with one of them. */
export function openViewer(images: readonly JobImage[], first: number, prompt: string): void {
  let index = first;
  const picture = element("img", { class: "full", draggable: "false" });
  const count = element("span", { class: "count" });
  const facts = element("p", { class: "facts" });
  const copy = button("Copy infotext", "on-dark", async () => {
    await copyText(images[index]?.infotext ?? "", "Infotext");
  });
  const download = element("a", { class: "on-dark button" }, "Download");
  const close = element("button", { type: "button", class: "on-dark", autofocus: true }, "Close");
  const stage = element("div", { class: "stage" }, picture);
  const dialog = element(
    "dialog",
    { class: "viewer", "aria-label": "Picture" },
    element("div", { class: "row viewer-top" }, count, close),
    stage,
    facts,
    element("div", { class: "row viewer-actions" }, copy, download),
  );

  const show = () => {
    const image = images[index];
    if (!image) return;
    showPicture(picture, image, prompt);
    setText(count, images.length > 1 ? `${index + 1} of ${images.length}` : "");
    setText(facts, factsOf(image));
    copy.hidden = image.infotext === null;
    download.href = image.download_url;
    download.download = image.name;
  };
  const move = (step: number) => {
    if (images.length < 2) return;
    index = (index + step + images.length) % images.length;
    show();
  };

  if (images.length > 1) stage.append(...turnButtons(move));
  picture.addEventListener("load", () => picture.classList.remove("loading"));
  close.addEventListener("click", () => dialog.close());
  stage.addEventListener("click", (event) => {
    if (event.target === stage) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") move(-1);
    if (event.key === "ArrowRight") move(1);
  });
  dialog.addEventListener("close", () => dialog.remove());
  listenForSwipe(stage, move);
  document.body.append(dialog);
  show();
  dialog.showModal();
}
