import { HEADERS, type JobWarning, type LeaseGrant, ProblemError } from "@mobilesd/contract";
import { type Cloud, UPLOADS_AT_ONCE } from "../../cloud/client.ts";
import { mapLimited } from "../../map-limited.ts";
import type { ResultImage } from "../after/read-result.ts";
import type { RunStops } from "./generate.ts";
import { proofOf } from "./keep-lease.ts";

function headersOf(lease: LeaseGrant, mime: string, sha256: string): Record<string, string> {
  return {
    "content-type": mime,
    [HEADERS.epoch]: String(lease.epoch),
    [HEADERS.leaseToken]: lease.lease_token,
    [HEADERS.sha256]: sha256,
  };
}

async function upload(cloud: Cloud, lease: LeaseGrant, image: ResultImage, signal: AbortSignal) {
  const params = { id: lease.mobilesd_job_id, index: image.index };
  const { preview } = image;
  const previewHeaders = headersOf(lease, "image/webp", preview.sha256);
  const small = { params, bytes: preview.bytes, headers: previewHeaders };
  await cloud.insist("putPreview", small, signal);
  const headers = headersOf(lease, image.mime, image.sha256);
  await cloud.insist("putImage", { params, bytes: image.bytes, headers }, signal);
}

/** What a run took, without and with the load of its model. Milliseconds. */
export interface Timing {
  readonly generationMs: number;
  readonly modelLoadMs: number;
}

/** What is to be handed over. */
export interface Delivered {
  readonly images: readonly ResultImage[];
  readonly warnings: readonly JobWarning[];
}

export interface DeliverDeps {
  readonly cloud: Cloud;
  /** Hears how many of the pictures are stored. */
  readonly onStored: (done: number, total: number) => void;
}

/** How often all pictures are handed over again when the queue does not find one of them. */
const ROUNDS_MAX = 3;

function manifestOf(images: readonly ResultImage[]) {
  return images.map(({ bytes, preview, ...image }) => ({
    ...image,
    bytes: bytes.length,
    preview: { bytes: preview.bytes.length, sha256: preview.sha256 },
  }));
}

async function uploadAll(
  { cloud, onStored }: DeliverDeps,
  lease: LeaseGrant,
  images: readonly ResultImage[],
  stop: AbortSignal,
): Promise<void> {
  let done = 0;
  onStored(done, images.length);
  await mapLimited(images, UPLOADS_AT_ONCE, async (image) => {
    await upload(cloud, lease, image, stop);
    done += 1;
    onStored(done, images.length);
  });
}

/**
 * Uploads all pictures of a job and then finishes it; each step is safe to repeat and is, until the queue has said
 * yes. Throws `ProblemError` when it says no for good, and when one of the stops ends it.
 */
export async function deliver(
  deps: DeliverDeps,
  lease: LeaseGrant,
  { images, warnings }: Delivered,
  timing: Timing,
  { stop, hurry }: RunStops,
): Promise<void> {
  const { cloud } = deps;
  const body = {
    ...proofOf(lease),
    images: manifestOf(images),
    warnings: [...warnings],
    generation_ms: timing.generationMs,
    model_load_ms: timing.modelLoadMs,
  };
  for (let rounds = 1; ; rounds++) {
    await uploadAll(deps, lease, images, stop);
    try {
      // A heartbeat may call the lease gone because this very request was heard and its answer lost: only
      // its own answer counts.
      await cloud.insist("completeJob", { params: { id: lease.mobilesd_job_id }, body }, hurry);
      return;
    } catch (error) {
      const isMissing = error instanceof ProblemError && error.is("image_missing");
      if (!isMissing || rounds === ROUNDS_MAX) throw error;
    }
  }
}
