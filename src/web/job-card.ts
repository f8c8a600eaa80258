import type { JobImage, JobStatusView, JobView } from "@mobilesd/contract";
import { button, copyText, element, setText } from "./dom.ts";
import { openViewer } from "./viewer.ts";
import {
  agoWords,
  isDrawing,
  outlookWords,
  promptWords,
  settingsWords,
  statusWord,
} from "./words.ts";

export interface JobActions {
  cancel(job: JobView): Promise<void>;
  remove(job: JobView): Promise<void>;
}

/** A job on the screen. The same element lives as long as the job is listed, so that nothing jumps. */
export interface JobCard {
  readonly root: HTMLElement;
  update(job: JobView, estimate: JobStatusView | undefined, now: number): void;
}

function thumbnail(image: JobImage, index: number, open: () => void): HTMLElement {
  const picture = element("img", {
    src: image.preview_url ?? image.download_url,
    alt: `Picture ${index + 1}`,
    width: image.width,
    height: image.height,
    loading: "lazy",
    decoding: "async",
  });
  picture.style.aspectRatio = `${image.width} / ${image.height}`;
  const made = element("button", { type: "button", class: "thumbnail" }, picture);
  made.setAttribute("aria-label", `Open picture ${index + 1}`);
  made.addEventListener("click", open);
  return made;
}

/** The place where the picture will be, in its shape. */
function placeholder(params: Readonly<Record<string, unknown>>): HTMLElement {
  const made = element("div", { class: "placeholder", "aria-hidden": "true" });
  const { width, height } = params;
  if (typeof width === "number" && typeof height === "number") {
    made.style.aspectRatio = `${width} / ${height}`;
  }
  return made;
}

/** Fills the picture area; it is only touched when other pictures are to be seen. */
function pictureArea() {
  const root = element("div", { class: "pictures" });
  let shown = "";
  return {
    root,
    update(job: JobView): void {
      const wanted = job.images.map((image) => image.name).join(" ") || statusWord(job);
      if (wanted === shown) return;
      shown = wanted;
      const prompt = promptWords(job.generation_params);
      const pictures = job.images.map((image, index) =>
        thumbnail(image, index, () => openViewer(job.images, index, prompt)),
      );
      if (isDrawing(job)) pictures.push(placeholder(job.generation_params));
      root.classList.toggle("many", pictures.length > 1);
      root.replaceChildren(...pictures);
    },
  };
}

function actionRow(actions: JobActions, current: () => JobView) {
  const infotext = () => current().images.find((image) => image.infotext !== null)?.infotext;
  const cancel = button("Cancel", "quiet", () => actions.cancel(current()));
  const copy = button("Copy infotext", "quiet", () => copyText(infotext() ?? "", "Infotext"));
  const remove = button("Delete", "quiet", () => actions.remove(current()));
  return {
    root: element("div", { class: "row actions" }, cancel, copy, remove),
    update(job: JobView): void {
      const isMoving = job.status === "pending" || job.status === "processing";
      cancel.hidden = !isMoving || job.status_reason === "cancelling";
      copy.hidden = infotext() === undefined;
      remove.hidden = isMoving;
    },
  };
}

/** Makes the card of a job; `update` fills it, then and at every new look. */
export function makeJobCard(actions: JobActions): JobCard {
  let current: JobView;
  const chip = element("span", { class: "chip" });
  const time = element("time", { class: "time" });
  const name = element("h3", { class: "name" });
  const prompt = element("p", { class: "prompt" });
  const outlook = element("p", { class: "outlook" });
  const error = element("p", { class: "error", role: "alert" });
  const settings = element("p", { class: "settings" });
  const pictures = pictureArea();
  const row = actionRow(actions, () => current);
  const root = element(
    "li",
    { class: "card" },
    element("div", { class: "row top" }, chip, time),
    outlook,
    pictures.root,
    name,
    prompt,
    error,
    settings,
    row.root,
  );
  return {
    root,
    update(job, estimate, now) {
      current = job;
      root.dataset.status = job.status;
      setText(chip, statusWord(job));
      const at = job.completion_timestamp ?? job.creation_timestamp;
      setText(time, agoWords(at, now));
      time.dateTime = at;
      time.title = new Date(at).toLocaleString();
      setText(name, job.name ?? "");
      name.hidden = job.name === null;
      setText(prompt, promptWords(job.generation_params));
      const outlookText = outlookWords(job, estimate, now);
      setText(outlook, outlookText ?? "");
      outlook.hidden = outlookText === null;
      setText(error, job.error?.message ?? "");
      error.hidden = job.error === null;
      setText(settings, settingsWords(job.generation_params));
      pictures.update(job);
      row.update(job);
    },
  };
}
