import type { LeaseGrant } from "@mobilesd/contract";
import type { LivePicture } from "../../images/live-picture.ts";
import { createRunTeller, type RunTeller } from "../../live/run-teller.ts";
import type { DropReason, Seat } from "../../pipeline/seat.ts";
import type { Stop } from "../../stop.ts";
import { deliver } from "./deliver.ts";
import type { GenerateEnd, RunStops } from "./generate.ts";
import { getReady } from "./get-ready.ts";
import type { Passage, Work } from "./hand-over.ts";
import { keepLease, proofOf } from "./keep-lease.ts";
import type { RunDeps } from "./run-deps.ts";
import { endAfterError, type RunEnd, report } from "./run-end.ts";
import { askedOf, runOnForge } from "./run-on-forge.ts";

type Attempt = RunEnd | { readonly type: "stopped" };

/** One job, and what may end it. */
interface Run {
  readonly lease: LeaseGrant;
  readonly seat: Seat;
  readonly teller: RunTeller;
  readonly stops: RunStops;
}

/** Tells the queue that the job begins: once, however often it is handed to Forge. */
function createStart(deps: RunDeps, { lease, stops }: Run): Passage["start"] {
  let started: ReturnType<Passage["start"]> | null = null;
  const start = async (taskId: string) => {
    const body = { ...proofOf(lease), forge_task_id: taskId };
    const target = { params: { id: lease.mobilesd_job_id }, body };
    const { cancel } = await deps.cloud.insist("startJob", target, stops.stop);
    return { isCancelled: cancel };
  };
  return (taskId) => {
    started ??= start(taskId);
    return started;
  };
}

/** What Forge gave is judged, shown and brought to the queue. */
async function handIn(
  deps: RunDeps,
  { lease, seat, teller, stops }: Run,
  work: Work,
  answer: Extract<GenerateEnd, { type: "answer" }>,
): Promise<Attempt> {
  // Nothing more is heard of it from Forge: without this the last that was told is some moment of its drawing.
  teller.progress({ share: 1, phase: "finishing", remainingMs: null, moveMs: 0 });
  seat.delivering(answer.bytes.length);
  const show = (index: number, picture: LivePicture) => {
    if (!stops.stop.aborted) teller.finalPreview(index, picture);
  };
  const result = await deps.images.judge(askedOf(work, answer.request), answer.bytes, show);
  if (stops.stop.aborted) throw stops.stop.reason;
  if (!result.ok) return { type: "failed", failure: result.failure };
  const warnings = [...work.prepared.warnings, ...result.warnings];
  const onStored = (done: number, total: number) => seat.stored({ done, total });
  await deliver({ cloud: deps.cloud, onStored }, lease, { ...result, warnings }, answer, stops);
  return { type: "completed" };
}

async function attempt(deps: RunDeps, run: Run): Promise<Attempt> {
  const { lease, seat, teller, stops } = run;
  const unbegun = AbortSignal.any([stops.stop, seat.dropped]);
  const readiness = await getReady(deps, lease, unbegun);
  if (readiness.type !== "ready") return readiness;
  const { work } = readiness;
  const watch = {
    isWatched: () => deps.link.watchers() > 0,
    onPreview: teller.livePreview,
    onProgress: teller.progress,
  };
  const start = createStart(deps, run);
  const end = await runOnForge(deps, work, { seat, stops, unbegun, start, watch });
  switch (end.type) {
    case "answer":
      return handIn(deps, run, work, end);
    case "failed":
      return { type: "failed", failure: end.failure };
    case "not_sent":
    case "not_begun":
      return { type: "released", reason: "drain" };
    case "stopped":
    case "cancelled":
      return { type: end.type };
  }
}

/**
 * Runs one leased job to its end: checks, generation, delivery, and the word to the queue. Never throws
 * for what a job, Forge or the queue does; a run that could not be reported is taken up by the lease's end.
 * `gone` fires when this agent may not go on, as its session or its key counts no more.
 */
export async function runJob(
  deps: RunDeps,
  lease: LeaseGrant,
  seat: Seat,
  { agentStop, gone }: { readonly agentStop: Stop; readonly gone: AbortSignal },
): Promise<RunEnd> {
  const done = new AbortController();
  const leaseEnded = keepLease(deps, lease, done.signal);
  const stop = AbortSignal.any([leaseEnded, agentStop.now, gone]);
  const teller = createRunTeller(deps, lease);
  const run = { lease, seat, teller, stops: { stop, hurry: agentStop.now } };
  const stoppedEnd = (): RunEnd => {
    if (leaseEnded.aborted)
      return { type: leaseEnded.reason === "cancelled" ? "cancelled" : "lost" };
    return gone.aborted ? { type: "lost" } : { type: "released", reason: "drain" };
  };
  // From the claim on: whatever keeps it from its turn, another box or a later moment may serve it better.
  const tooLong = setTimeout(() => seat.drop("returned"), deps.durations.prefetchReturnMs);
  try {
    const tried = await attempt(deps, run).catch((error: unknown): Attempt => {
      const end = endAfterError(error);
      if (end !== null) return end;
      if (stop.aborted) return { type: "stopped" };
      if (!seat.dropped.aborted) throw error;
      return { type: "released", reason: seat.dropped.reason as DropReason };
    });
    const end = tried.type === "stopped" ? stoppedEnd() : tried;
    teller.end();
    await report(deps, lease, end, agentStop.giveUp);
    return end;
  } finally {
    clearTimeout(tooLong);
    teller.end();
    seat.end();
    done.abort();
  }
}
