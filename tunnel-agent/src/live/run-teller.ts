import type { Durations, LeaseGrant } from "@mobilesd/contract";
import type { ImageThread } from "../images/image-thread.ts";
import type { LivePicture } from "../images/live-picture.ts";
import type { RunProgress } from "../job/run/watched.ts";
import type { HubLink } from "./hub-link.ts";
import { isWorthTelling, nextTold, type Told } from "./told-progress.ts";

/** Tells the hub of one lease; what it tells is counted from 1. Everything may get lost. */
export interface RunTeller {
  /** After each look at Forge. What it tells never goes back, and is at most 99. */
  progress(seen: RunProgress): void;
  /** A picture as it grows, as Forge gives it; dropped while an earlier one is still made small. */
  livePreview(dataUri: string): void;
  /** The finished picture of that number, from 1 on; no growing one is told after it. */
  finalPreview(index: number, picture: LivePicture): void;
  /** The lease is over: nothing is told any more. */
  end(): void;
}

export interface RunTellerDeps {
  readonly link: Pick<HubLink, "tell" | "watchers" | "onWatchers">;
  readonly images: Pick<ImageThread, "shrink">;
  readonly durations: Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

export function createRunTeller(
  { link, images, durations, now }: RunTellerDeps,
  lease: Pick<LeaseGrant, "mobilesd_job_id" | "epoch">,
): RunTeller {
  const { mobilesd_job_id, epoch } = lease;
  let n = 0;
  let told: Told | null = null;
  let latest: RunProgress | null = null;
  let isShrinking = false;
  let isDrawn = false;
  let isOver = false;

  const next = () => {
    n += 1;
    return { mobilesd_job_id, epoch, n };
  };
  const tellProgress = (seen: RunProgress) => {
    told = nextTold(told, seen, now());
    const { progress, phase, remainingMs } = told;
    link.tell({ type: "progress", ...next(), progress, phase, remaining_ms: remainingMs });
  };
  const tellPreview = (index: number, { webp, width, height }: LivePicture) => {
    link.tell({ type: "preview", ...next(), index, width, height, webp: webp.toString("base64") });
  };
  // Whoever begins to watch sees how far it is now, not at the last time that somebody cared.
  const stopHearing = link.onWatchers((count) => {
    if (count > 0 && latest !== null && !isOver) tellProgress(latest);
  });
  return {
    progress(seen) {
      if (isOver) return;
      latest = seen;
      const isWatched = link.watchers() > 0;
      if (isWorthTelling(told, seen, { isWatched, now: now() }, durations)) tellProgress(seen);
    },
    livePreview(dataUri) {
      if (isOver || isDrawn || isShrinking) return;
      isShrinking = true;
      void images.shrink(dataUri).then((picture) => {
        isShrinking = false;
        if (picture && !isOver && !isDrawn) tellPreview(0, picture);
      });
    },
    finalPreview(index, picture) {
      if (isOver) return;
      isDrawn = true;
      tellPreview(index, picture);
    },
    end() {
      isOver = true;
      stopHearing();
    },
  };
}
