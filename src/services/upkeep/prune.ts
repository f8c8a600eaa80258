import { toTimestamp } from "../../storage/database.ts";
import { uploadKey } from "../../storage/images.ts";
import { deleteExpired, deleteUnusedUploads } from "../../storage/upkeep.ts";
import type { Context } from "../context.ts";

/** Once a day: forgets idempotency records, sessions and codes whose time is over, and unused uploads. */
export async function prune(ctx: Context): Promise<void> {
  const now = ctx.clock();
  const { idempotencyTtlMs, unusedUploadTtlMs } = ctx.settings.durations;
  await deleteExpired(ctx.db, now - idempotencyTtlMs, now);
  const unused = await deleteUnusedUploads(ctx.db, toTimestamp(now - unusedUploadTtlMs));
  await ctx.bucket.delete(unused.map((upload) => uploadKey(upload.ownerId, upload.id)));
  ctx.log("pruned", { uploads: unused.length });
}
