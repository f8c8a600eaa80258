import type { JobView, ListedJob, ServerView } from "@mobilesd/contract";
import { button, copyText, element, setText } from "./dom.ts";
import { withItsBox } from "./box-of-job.ts";
import { attemptOf, type LiveRun } from "./live-run.ts";
import { pictureArea } from "./picture-area.ts";
import { progressBar } from "./progress-bar.ts";
import { promptWords, settingsWords } from "./settings-words.ts";
import { type SteadyTime, steadyTime } from "./steady-time.ts";
import { agoWords } from "./time-words.ts";
import { boxWords, outlookWords, ownerWords, type Running, statusWord } from "./words.ts";

export interface JobActions {
  cancel(job: JobView): Promise<void>;
  /** Queues it once more, as a new job. */
  again(job: JobView): Promise<void>;
  remove(job: JobView): Promise<void>;
}

/** A job on the screen. The same element lives as long as the job is listed, so that nothing jumps. */
export interface JobCard {
  readonly root: HTMLElement;
  /** `box`: where the job is or waits, as far as the page knows it. */
  update(job: ListedJob, run: LiveRun | undefined, box: ServerView | undefined, now: number): void;
}

/** Shows a text, or nothing where there is none. */
function showText(target: HTMLElement, text: string | null | undefined): void {
  setText(target, text ?? "");
  target.hidden = text === null || text === undefined;
}

/** Why a job failed, and what its box's owner can do about it. */
function errorArea() {
  const message = element("p");
  const advice = element("p", { class: "advice" });
  const root = element("div", { class: "error", role: "alert" }, message, advice);
  return {
    root,
    update({ error }: JobView): void {
      setText(message, error?.message ?? "");
      showText(advice, ownerWords(error));
      root.hidden = error === null;
    },
  };
}

/** What a finished picture is not: worth knowing, no cause for alarm. */
function warningList() {
  const root = element("ul", { class: "warnings", "aria-label": "Notes on the result" });
  let shown: string | null = null;
  return {
    root,
    update({ warnings }: JobView): void {
      const messages = warnings.map((warning) => warning.message);
      root.hidden = messages.length === 0;
      if (messages.join("\n") === shown) return;
      shown = messages.join("\n");
      root.replaceChildren(...messages.map((message) => element("li", {}, message)));
    },
  };
}

function actionRow(actions: JobActions, current: () => JobView) {
  const infotext = () => current().images.find((image) => image.infotext !== null)?.infotext;
  const cancel = button("Cancel", "quiet order", () => actions.cancel(current()));
  const copy = button("Copy infotext", "quiet", () => copyText(infotext() ?? "", "Infotext"));
  const again = button("Retry", "quiet", () => actions.again(current()));
  const remove = button("Delete", "quiet order", () => actions.remove(current()));
  return {
    root: element("div", { class: "row actions" }, cancel, copy, again, remove),
    update(job: JobView): void {
      const isMoving = job.status === "pending" || job.status === "processing";
      cancel.hidden = !isMoving || job.status_reason === "cancelling";
      copy.hidden = infotext() === undefined;
      // What is done would only be drawn once more as it is: it has its seed.
      again.hidden = isMoving || job.status === "completed";
      remove.hidden = isMoving;
    },
  };
}

/** Status, box and time: the line at the top of a card. */
function topLine() {
  const chip = element("span", { class: "chip" });
  const box = element("span", { class: "box" });
  const time = element("time", { class: "time" });
  return {
    root: element("div", { class: "row top" }, chip, box, time),
    update(job: JobView, now: number): void {
      setText(chip, statusWord(job));
      setText(box, boxWords(job));
      const at = job.completion_timestamp ?? job.creation_timestamp;
      setText(time, agoWords(at, now));
      time.dateTime = at;
      time.title = new Date(at).toLocaleString();
    },
  };
}

const timeOf = (timestamp: string | null | undefined) => (timestamp ? Date.parse(timestamp) : null);

/** The line of words below the top: where a job stands, with times that do not jump at every estimate. */
function outlookLine() {
  const root = element("p", { class: "outlook" });
  let start: SteadyTime | null = null;
  let end: SteadyTime | null = null;
  return {
    root,
    update(job: ListedJob, running: Running, now: number): void {
      const { run } = running;
      const attempt = attemptOf(job);
      start = steadyTime(start, attempt, timeOf(job.estimated_start_time), now);
      const told = run ? run.endsAt : timeOf(job.estimated_completion_time);
      end = steadyTime(end, attempt, told, now);
      const timestamp = (time: SteadyTime | null) => time && new Date(time.at).toISOString();
      const steady = {
        ...job,
        estimated_start_time: timestamp(start),
        estimated_completion_time: timestamp(end),
      };
      const steadyRun = run && { ...run, endsAt: end?.at ?? null };
      showText(root, outlookWords(steady, now, { ...running, run: steadyRun }));
    },
  };
}

/** Makes the card of a job; `update` fills it, then and at every new look. */
export function makeJobCard(actions: JobActions): JobCard {
  let current: JobView;
  const top = topLine();
  const name = element("h3", { class: "name" });
  const prompt = element("p", { class: "prompt" });
  const outlook = outlookLine();
  const settings = element("p", { class: "settings" });
  const progress = progressBar();
  const pictures = pictureArea();
  const error = errorArea();
  const warnings = warningList();
  const row = actionRow(actions, () => current);
  const root = element(
    "li",
    { class: "card" },
    top.root,
    outlook.root,
    element("div", { class: "drawing" }, pictures.root, progress.root),
    name,
    prompt,
    error.root,
    warnings.root,
    settings,
    row.root,
  );
  return {
    root,
    update(listed, run, box, now) {
      const job = withItsBox(listed, box);
      current = job;
      root.dataset.status = job.status;
      top.update(job, now);
      const percent = progress.update(job, run) ?? 0;
      outlook.update(job, { run, percent, mode: box?.mode }, now);
      showText(name, job.name);
      setText(prompt, promptWords(job.generation_params));
      setText(settings, settingsWords(job.generation_params));
      pictures.update(job, run);
      for (const part of [error, warnings, row]) part.update(job);
    },
  };
}
