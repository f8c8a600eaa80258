import type { ListedJob } from "@mobilesd/contract";
import { element } from "./dom.ts";
import { attemptOf, type LiveRun } from "./live-run.ts";
import { percentAfter, type ShownPercent } from "./shown-percent.ts";

/** How far a running job is, in percent; it glides to what was told last and stands there. */
export function progressBar() {
  const fill = element("div", { class: "fill" });
  const root = element(
    "div",
    { class: "progress", role: "progressbar", "aria-label": "Progress", hidden: true },
    fill,
  );
  root.setAttribute("aria-valuemax", "100");
  let shown: ShownPercent | null = null;
  return {
    root,
    /** Answers the whole percent that are shown; null where the job does not run. */
    update(job: ListedJob, run: LiveRun | undefined): number | null {
      root.hidden = job.status !== "processing";
      if (root.hidden) return null;
      shown = percentAfter(shown, attemptOf(job), run?.progress ?? job.progress ?? 0);
      const percent = Math.floor(shown.percent);
      fill.style.transform = `scaleX(${percent / 100})`;
      root.setAttribute("aria-valuenow", String(percent));
      return percent;
    },
  };
}
