import type { JobView, PreviewEvent, ProgressEvent, RunPhase } from "@mobilesd/contract";

/** A picture that came over the socket, as an `<img>` takes it. */
export interface LivePicture {
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** What was heard of a job while it is drawn. A later epoch begins a new one. */
export interface LiveRun {
  readonly epoch: number;
  readonly progress: number;
  readonly phase: RunPhase | null;
  /** Milliseconds since the epoch; null while it cannot be told. */
  readonly endsAt: number | null;
  /** The picture as it grows. */
  readonly growing: LivePicture | null;
  /** The finished pictures by their number from 1, before they are stored. */
  readonly finals: ReadonlyMap<number, LivePicture>;
  /** The last numbers heard: each kind is told in its own time. */
  readonly progressN: number;
  readonly previewN: number;
}

const newRun = (epoch: number): LiveRun => ({
  epoch,
  progress: 0,
  phase: null,
  endsAt: null,
  growing: null,
  finals: new Map(),
  progressN: 0,
  previewN: 0,
});

/** The run that an event goes on with; null where it tells of an earlier one. */
function runOf(before: LiveRun | undefined, epoch: number): LiveRun | null {
  if (before === undefined || epoch > before.epoch) return newRun(epoch);
  return epoch === before.epoch ? before : null;
}

/** The run after a word of its progress; the one before where that word is older or known. */
export function withProgress(
  before: LiveRun | undefined,
  event: ProgressEvent,
): LiveRun | undefined {
  const [epoch, n] = event.sequence;
  const run = runOf(before, epoch);
  if (run === null || n <= run.progressN) return before;
  const end = event.estimated_completion_time;
  return {
    ...run,
    progress: Math.max(run.progress, event.progress),
    phase: event.phase,
    endsAt: end === null ? null : Date.parse(end),
    progressN: n,
  };
}

/** The run after a picture of it; the one before where that picture is older or known. */
export function withPreview(before: LiveRun | undefined, event: PreviewEvent): LiveRun | undefined {
  const [epoch, n] = event.sequence;
  const run = runOf(before, epoch);
  if (run === null || n <= run.previewN) return before;
  const { width, height, index } = event;
  const picture = { src: `data:image/webp;base64,${event.webp}`, width, height };
  if (index === 0) return { ...run, growing: picture, previewN: n };
  return { ...run, finals: new Map(run.finals).set(index, picture), previewN: n };
}

/** By what two runs of a job differ, as far as its row tells. */
export const attemptOf = (job: JobView) =>
  `${job.started_timestamp} ${job.attempt_count} ${job.interruption_count}`;
