import { OWNERS_PREFIX } from "../../storage/images.ts";
import { findOrphanKeys } from "../../storage/upkeep.ts";
import type { Context } from "../context.ts";

/** Lists of a thousand objects that one night looks at; the next night goes on behind them. */
const LISTS_MAX = 20;

/** Where the walk over all objects stands: the last key that was looked at. */
const MARKER_KEY = "upkeep/orphans-looked-at";

/**
 * Removes objects that no row speaks of: what a cut-short run, a cancelled job or a lost delete left behind.
 * Only those stored before `before` (milliseconds): a younger one may be about to get its row.
 */
export async function removeOrphans(ctx: Context, before: number): Promise<number> {
  const marker = await ctx.bucket.get(MARKER_KEY);
  let startAfter = marker === null ? undefined : await marker.text();
  let removed = 0;
  for (let lists = 0; lists < LISTS_MAX; lists++) {
    const listed = await ctx.bucket.list({
      prefix: OWNERS_PREFIX,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    const old = listed.objects.filter((object) => object.uploaded.getTime() < before);
    const orphans = await findOrphanKeys(
      ctx.db,
      old.map((object) => object.key),
    );
    if (orphans.length > 0) await ctx.bucket.delete(orphans);
    removed += orphans.length;
    startAfter = listed.truncated ? listed.objects.at(-1)?.key : undefined;
    if (startAfter === undefined) break;
  }
  if (startAfter === undefined) await ctx.bucket.delete(MARKER_KEY);
  else await ctx.bucket.put(MARKER_KEY, startAfter);
  return removed;
}
