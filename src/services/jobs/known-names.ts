import type { CatalogueName, NameKind } from "../../domain/names.ts";
import { findName, type ServerRow } from "../../storage/servers.ts";
import type { Context } from "../context.ts";

/** Entries of the cache; beyond, it starts anew. */
const CACHE_ENTRIES_MAX = 5_000;

/**
 * Looks a name up in a server's catalogue. A catalogue of one hash never changes, so what was found in it
 * once is remembered for as long as the isolate lives.
 */
export async function findKnownName(
  ctx: Context,
  server: ServerRow,
  kind: NameKind,
  key: string,
  name?: string,
): Promise<CatalogueName | undefined> {
  const place = [server.alias, server.catalogueSha256, kind, key, name ?? ""].join("\n");
  const known = ctx.nameCache.get(place);
  if (known) return known;
  const found = await findName(ctx.db, server.alias, kind, key, name);
  if (found) {
    if (ctx.nameCache.size >= CACHE_ENTRIES_MAX) ctx.nameCache.clear();
    ctx.nameCache.set(place, found);
  }
  return found;
}
