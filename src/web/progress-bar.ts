import type { ListedJob } from "@mobilesd/contract";
import { element } from "./dom.ts";
import { attemptOf, type LiveRun } from "./live-run.ts";
import { type Pace, paceAfter, percentAt } from "./progress-pace.ts";

/** Milliseconds that the bar takes to where it should be then: as long as the page takes to come by again. */
const GLIDE_MS = 1_000;

/** How far a running job is, in percent; it goes on between two looks. */
export function progressBar() {
  const fill = element("div", { class: "fill" });
  const root = element(
    "div",
    { class: "progress", role: "progressbar", "aria-label": "Progress", hidden: true },
    fill,
  );
  root.setAttribute("aria-valuemax", "100");
  let pace: Pace | null = null;
  return {
    root,
    /** Answers the whole percent that are shown; null where the job does not run. */
    update(job: ListedJob, run: LiveRun | undefined, now: number): number | null {
      root.hidden = job.status !== "processing";
      if (root.hidden) return null;
      const end = job.estimated_completion_time;
      const heard = {
        progress: run?.progress ?? job.progress ?? 0,
        endsAt: run ? run.endsAt : end ? Date.parse(end) : null,
      };
      pace = paceAfter(pace, attemptOf(job), heard, now);
      const percent = Math.floor(percentAt(pace, now));
      fill.style.transform = `scaleX(${percentAt(pace, now + GLIDE_MS) / 100})`;
      root.setAttribute("aria-valuenow", String(percent));
      return percent;
    },
  };
}
