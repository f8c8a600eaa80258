import { type ForgeAnswer, ForgeUnreachableError } from "../../forge/client.ts";
import type { Asked } from "../after/asked.ts";
import { prepare } from "../before/prepare.ts";
import type { ForgeRequest } from "../request/payload.ts";
import { handOver, type Passage, type Posted, type Work } from "./hand-over.ts";
import { findRemedy, unload } from "./recover.ts";
import type { RunDeps } from "./run-deps.ts";

/** Whether an end is of a generation that may have been cut short: one with an answer, and no error in it. */
const mayBeSpoiled = (end: Posted) =>
  end.type === "answer" || (end.type === "failed" && !end.answer && !end.isOver);

/** Hands the job over, once more as often as an interrupt that was meant for the one before it hit it. */
async function untilUnharmed(
  deps: RunDeps,
  work: Work,
  passage: Passage,
  first: (() => Promise<void>) | null = null,
): Promise<Posted> {
  for (;;) {
    const end = await handOver(deps, work, passage, first);
    if (!passage.seat.takeHit() || !mayBeSpoiled(end)) return end;
    const fields = { job_id: work.lease.mobilesd_job_id };
    deps.log.info(fields, "The cancel of the job before hit this one as well; drawing it again");
  }
}

/** A run that is no part of the job: who watches the job sees nothing of it. */
const UNWATCHED: Passage["watch"] = {
  isWatched: () => false,
  onPreview: () => undefined,
  onProgress: () => undefined,
};

/** What is to be done to Forge before another try, once it is free; null where nothing helps. */
async function putRight(
  deps: RunDeps,
  work: Work,
  passage: Passage,
  answer: ForgeAnswer,
): Promise<(() => Promise<void>) | null> {
  const { lease, params, host, prepared } = work;
  const remedy = await findRemedy(answer, params, prepared.checkpoints.main, host);
  const fields = { job_id: lease.mobilesd_job_id };
  if (remedy === null) return null;
  if (remedy.type === "unload") {
    deps.log.warn(fields, "Out of memory; unloading, then once more");
    return async () => {
      const status = await unload(deps.forge);
      if (status === 200) return;
      deps.log.warn({ ...fields, status }, "Forge did not unload; trying once more all the same");
    };
  }
  const { checkpoint_name } = remedy.params;
  const ready = await prepare(remedy.params, checkpoint_name, host, new Map());
  if (!ready.ok) return null;
  const words =
    "An earlier model could not be loaded, and Forge lost the one before it; loading another";
  deps.log.warn({ ...fields, checkpoint: checkpoint_name }, words);
  const small = { ...work, params: remedy.params, prepared: ready.prepared };
  const end = await handOver(deps, small, { ...passage, watch: UNWATCHED });
  return end.type === "answer" ? async () => undefined : null;
}

/** Runs the job on Forge; an error that can be mended from here gets one more try in place. */
export async function runOnForge(deps: RunDeps, work: Work, passage: Passage): Promise<Posted> {
  const end = await untilUnharmed(deps, work, passage);
  if (end.type !== "failed" || !end.answer) return end;
  try {
    const first = await putRight(deps, work, passage, end.answer);
    return first === null ? end : await untilUnharmed(deps, work, passage, first);
  } catch (error) {
    // Forge went away between the two tries: what it said to the first one stands.
    if (error instanceof ForgeUnreachableError) return end;
    throw error;
  }
}

/** What Forge's answer is to be held against. */
export function askedOf({ params, host, prepared }: Work, request: ForgeRequest): Asked {
  const main = host.catalogue.checkpoints.find((one) => one.name === prepared.checkpoints.main);
  return {
    params,
    request,
    checkpoint: { basename: main?.basename ?? "", hash: main?.hash ?? null },
    inputSize: prepared.inputSize,
    writesInfotext: host.options.writesInfotext,
    embeddings: host.catalogue.embeddings,
  };
}
