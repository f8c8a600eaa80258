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
  /**
   * The finished picture of that number, from 1 on, once the line takes it; no growing one is told after it. What
   * was told once is not told again.
   */
  finalPreview(index: number, picture: LivePicture): void;
  /** The lease is over: nothing is told any more. */
  end(): void;
}

export interface RunTellerDeps {
  readonly link: Pick<HubLink, "tell" | "isUp" | "isFree" | "onUp" | "watchers" | "onWatchers">;
  readonly images: Pick<ImageThread, "shrink">;
  readonly durations: Durations;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** Milliseconds after which a line that took no more is looked at again: a preview's time on a quick one. */
const LOOK_AGAIN_MS = 100;

type Finished = readonly [index: number, picture: LivePicture];

/** Hands finished pictures to a line, each when that takes it. */
function createShowing(link: RunTellerDeps["link"], show: (...finished: Finished) => void) {
  const waiting: Finished[] = [];
  let timer: NodeJS.Timeout | undefined;
  const goOn = () => {
    clearTimeout(timer);
    while (waiting.length > 0 && link.isFree()) {
      const next = waiting.shift();
      if (next) show(...next);
    }
    // Without a line it goes on with the next one.
    if (waiting.length > 0 && link.isUp()) timer = setTimeout(goOn, LOOK_AGAIN_MS);
  };
  return {
    add(...finished: Finished) {
      waiting.push(finished);
      goOn();
    },
    goOn,
    end() {
      clearTimeout(timer);
      waiting.length = 0;
    },
  };
}

/** Counts what is told of a lease, and tells it. */
function createWords(link: RunTellerDeps["link"], lease: RunOfLease) {
  const { mobilesd_job_id, epoch } = lease;
  let n = 0;
  const next = () => {
    n += 1;
    return { mobilesd_job_id, epoch, n };
  };
  return {
    progress({ progress, phase, remainingMs }: Told) {
      link.tell({ type: "progress", ...next(), progress, phase, remaining_ms: remainingMs });
    },
    preview(index: number, { webp, width, height }: LivePicture) {
      const picture = { index, width, height, webp: webp.toString("base64") };
      link.tell({ type: "preview", ...next(), ...picture });
    },
  };
}

type RunOfLease = Pick<LeaseGrant, "mobilesd_job_id" | "epoch">;

export function createRunTeller(
  { link, images, durations, now }: RunTellerDeps,
  lease: RunOfLease,
): RunTeller {
  const words = createWords(link, lease);
  const showing = createShowing(link, words.preview);
  let told: Told | null = null;
  let latest: RunProgress | null = null;
  let isShrinking = false;
  const finished = new Set<number>();
  let isOver = false;

  const tellAgain = () => {
    if (latest === null || isOver) return;
    told = nextTold(told, latest, now());
    words.progress(told);
  };
  const stops = [
    // Whoever begins to watch sees how far it is now, not at the last time that somebody cared.
    link.onWatchers((count) => {
      if (count > 0) tellAgain();
    }),
    // The hub behind a new socket may be one that has heard of nothing.
    link.onUp(() => {
      tellAgain();
      showing.goOn();
    }),
  ];
  return {
    progress(seen) {
      if (isOver) return;
      latest = seen;
      const isWatched = link.watchers() > 0;
      if (isWorthTelling(told, seen, { isWatched, now: now() }, durations)) tellAgain();
    },
    livePreview(dataUri) {
      if (isOver || finished.size > 0 || isShrinking) return;
      isShrinking = true;
      void images.shrink(dataUri).then((picture) => {
        isShrinking = false;
        if (picture && !isOver && finished.size === 0) words.preview(0, picture);
      });
    },
    finalPreview(index, picture) {
      if (isOver || finished.has(index)) return;
      finished.add(index);
      showing.add(index, picture);
    },
    end() {
      isOver = true;
      showing.end();
      for (const stop of stops) stop();
    },
  };
}
