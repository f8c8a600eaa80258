import { toTimestamp } from "../../storage/database.ts";
import { uploadKey } from "../../storage/images.ts";
import { deleteExpired, deleteUnusedUploads, PRUNE_ROWS_MAX } from "../../storage/upkeep.ts";
import type { Context } from "../context.ts";
import { removeOrphans } from "./remove-orphans.ts";

/** Passes of one night, so that it ends whatever has piled up; the rest comes the night after. */
const PASSES_MAX = 20;

async function pruneUploads(ctx: Context, before: string): Promise<number> {
  let removed = 0;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const unused = await deleteUnusedUploads(ctx.db, before);
    await ctx.bucket.delete(unused.map((upload) => uploadKey(upload.ownerId, upload.id)));
    removed += unused.length;
    if (unused.length < PRUNE_ROWS_MAX) break;
  }
  return removed;
}

/**
 * Once a night: forgets idempotency records, sessions and codes whose time is over, uploads that no job
 * names, and objects that no row speaks of.
 */
export async function prune(ctx: Context): Promise<void> {
  const now = ctx.clock();
  const { idempotencyTtlMs, unusedUploadTtlMs } = ctx.settings.durations;
  let pass = 0;
  while (pass < PASSES_MAX && (await deleteExpired(ctx.db, now - idempotencyTtlMs, now))) pass += 1;
  const uploads = await pruneUploads(ctx, toTimestamp(now - unusedUploadTtlMs));
  const orphans = await removeOrphans(ctx, now - unusedUploadTtlMs);
  ctx.log("pruned", { uploads, orphans });
}
