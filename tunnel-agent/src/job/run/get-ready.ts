import { type FailureReason, type LeaseGrant, ProblemError, uploadsOf } from "@mobilesd/contract";
import type { Host } from "../../forge/host.ts";
import { Picture } from "../../picture.ts";
import { findMissingName } from "../before/host-names.ts";
import { type Preparation, prepare } from "../before/prepare.ts";
import type { Failure } from "../failure/failure.ts";
import type { Work } from "./hand-over.ts";
import type { RunDeps } from "./run-deps.ts";

/** An input picture is not there any more, so that no try can help. */
export class InputGoneError extends Error {
  override readonly name = "InputGoneError";
  readonly field: string;

  constructor(field: string) {
    super(`${field} is gone`);
    this.field = field;
  }
}

/** The input pictures of a job by upload id, each fetched once. */
async function fetchPictures(
  deps: RunDeps,
  lease: LeaseGrant,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Picture>> {
  const pictures = new Map<string, Picture>();
  for (const { field, upload_id } of uploadsOf(lease.generation_params)) {
    if (pictures.has(upload_id)) continue;
    try {
      pictures.set(upload_id, new Picture(await deps.cloud.insistOnUpload(upload_id, signal)));
    } catch (error) {
      if (error instanceof ProblemError && error.is("not_found")) throw new InputGoneError(field);
      throw error;
    }
  }
  return pictures;
}

/**
 * Forge with everything that the job names. A file may have come since the lists were read, so they are
 * read once more before a job fails for it.
 */
async function hostWithNames(deps: RunDeps, lease: LeaseGrant): Promise<Host | Failure> {
  const missingOn = ({ catalogue }: Host) =>
    findMissingName(lease.generation_params, lease.checkpoint_name, catalogue);
  if (!missingOn(deps.host)) return deps.host;
  const host = await deps.readHostAgain();
  return missingOn(host) ?? host;
}

/** What a job is refused for on no host, however its owner sets it up. */
const OWN_FAULTS: ReadonlySet<FailureReason> = new Set(["bad_image", "blank_mask"]);

/**
 * What the job means on this Forge. Its owner may have changed an option since it was looked at, so it is
 * looked at once more before a job fails for one.
 */
async function prepareOn(
  deps: RunDeps,
  lease: LeaseGrant,
  known: Host,
  pictures: ReadonlyMap<string, Picture>,
): Promise<{ readonly host: Host; readonly ready: Preparation }> {
  const on = async (host: Host) => {
    const { generation_params, checkpoint_name } = lease;
    return { host, ready: await prepare(generation_params, checkpoint_name, host, pictures) };
  };
  const first = await on(known);
  const { ready } = first;
  if (ready.ok || known !== deps.host || OWN_FAULTS.has(ready.failure.reason)) return first;
  return on(await deps.readHostAgain());
}

export type Readiness =
  | { readonly type: "ready"; readonly work: Work }
  | { readonly type: "failed" | "missing_name"; readonly failure: Failure };

/**
 * Everything that can be done for a job before it is its turn: its input pictures are fetched, and it is
 * checked. Throws `InputGoneError`, what the cloud and Forge throw, and the signal's reason.
 */
export async function getReady(
  deps: RunDeps,
  lease: LeaseGrant,
  signal: AbortSignal,
): Promise<Readiness> {
  const known = await hostWithNames(deps, lease);
  if ("reason" in known) return { type: "missing_name", failure: known };
  const pictures = await fetchPictures(deps, lease, signal);
  const { host, ready } = await prepareOn(deps, lease, known, pictures);
  if (!ready.ok) return { type: "failed", failure: ready.failure };
  const { prepared } = ready;
  return { type: "ready", work: { lease, params: lease.generation_params, host, prepared } };
}
