import { type Hires, hiresSize, type JobView, type Size } from "@mobilesd/contract";
import { element } from "./dom.ts";
import type { LiveRun } from "./live-run.ts";
import { promptWords } from "./settings-words.ts";
import { steadyPicture } from "./steady-picture.ts";
import { openViewer } from "./viewer.ts";
import { isDrawing } from "./words.ts";

type Params = JobView["generation_params"];

const numberOr = (value: unknown, otherwise: number) =>
  typeof value === "number" && value > 0 ? value : otherwise;

/** How many pictures a job should give, and of what shape. Old rows may lack either. */
function expected(params: Params): Size & { count: number } {
  const { batch_size, n_iter, hires } = params;
  const first = { width: numberOr(params.width, 1), height: numberOr(params.height, 1) };
  const size = hires ? hiresSize(first, hires as Hires) : first;
  return { ...size, count: numberOr(batch_size, 1) * numberOr(n_iter, 1) };
}

/** A small picture's sides are rounded: up to this much it has the shape that was expected. */
const SHAPE_DIFFERENCE = 0.02;

/** The shape of a finished picture that is here in small only. */
function shapeOf(small: Size, expected: Size): Size {
  const difference = (small.width * expected.height) / (small.height * expected.width) - 1;
  return Math.abs(difference) > SHAPE_DIFFERENCE ? small : expected;
}

/** The place of one picture: from an empty frame over what grows in it to what is stored, always in one shape. */
function makeFrame(index: number, open: () => void, onShown: () => void) {
  const root = element("button", { type: "button", class: "thumbnail unfilled", disabled: true });
  const picture = steadyPicture(root, onShown);
  root.addEventListener("click", open);
  return {
    root,
    setShape(width: number, height: number): void {
      root.style.aspectRatio = `${width} / ${height}`;
    },
    /** `isStored`: it can be opened in full. */
    show(key: string, src: string, isStored: boolean): void {
      root.disabled = !isStored;
      root.setAttribute("aria-label", `${isStored ? "Open picture" : "Picture"} ${index + 1}`);
      picture.show(key, src, `Picture ${index + 1}`);
    },
    showEmpty(isDrawn: boolean): void {
      root.classList.toggle("still", !isDrawn);
      root.setAttribute("aria-label", `Picture ${index + 1}, not there yet`);
    },
  };
}
type Frame = ReturnType<typeof makeFrame>;

/** What grows where several pictures will be: over their frames, until the first of them is there. */
function makeGrowing() {
  const root = element("div", { class: "growing", hidden: true });
  const picture = steadyPicture(root);
  return {
    root,
    show(src: string): void {
      root.hidden = false;
      picture.show(src, src, "The pictures as they grow");
    },
    end(): void {
      root.remove();
    },
  };
}

/** The pictures of a job. Frames live as long as the job is drawn and shown, so that nothing flickers or jumps. */
export function pictureArea() {
  const root = element("div", { class: "pictures" });
  let job: JobView;
  let frames: Frame[] = [];
  let growing: ReturnType<typeof makeGrowing> | null = null;

  const clear = () => {
    frames = [];
    growing = null;
    root.replaceChildren();
  };
  /** Makes as many frames as there are pictures to be. */
  const frameAll = (count: number) => {
    while (frames.length > count) frames.pop()?.root.remove();
    while (frames.length < count) {
      const index = frames.length;
      const open = () => openViewer(job.images, index, promptWords(job.generation_params));
      const frame = makeFrame(index, open, () => growing?.end());
      frames.push(frame);
      root.append(frame.root);
    }
    root.classList.toggle("many", count > 1);
  };
  const showStored = () => {
    frameAll(job.images.length);
    job.images.forEach((image, index) => {
      frames[index]?.setShape(image.width, image.height);
      frames[index]?.show(image.name, image.preview_url ?? image.download_url, true);
    });
  };
  const showGrowing = (src: string) => {
    if (frames.length === 1) return frames[0]?.show(src, src, false);
    growing ??= makeGrowing();
    if (!growing.root.isConnected) root.append(growing.root);
    growing.show(src);
  };
  const showRun = (run: LiveRun | undefined) => {
    const { count, ...size } = expected(job.generation_params);
    const finals: LiveRun["finals"] = run?.finals ?? new Map();
    frameAll(Math.max(count, ...finals.keys()));
    frames.forEach((frame, index) => {
      const final = finals.get(index + 1);
      const shape = final ? shapeOf(final, size) : size;
      frame.setShape(shape.width, shape.height);
      if (final) frame.show(final.src, final.src, false);
      else frame.showEmpty(isDrawing(job));
    });
    if (finals.size === 0 && run?.growing) showGrowing(run.growing.src);
  };

  return {
    root,
    update(next: JobView, run: LiveRun | undefined): void {
      job = next;
      if (job.images.length > 0) showStored();
      else if (job.status === "processing") showRun(run);
      else if (frames.length > 0) clear();
    },
  };
}
