import type { Known } from "../../domain/job-names.ts";
import type { CatalogueName, NameKind } from "../../domain/names.ts";
import { findNames, type ServerRow } from "../../storage/servers.ts";
import type { Context } from "../context.ts";

/** Keys of the cache; beyond, it starts anew. */
const CACHE_KEYS_MAX = 5_000;

/**
 * Looks up all that a request names in a server's catalogue, at one query. A catalogue of one hash never
 * changes, so what was found in it once is remembered for as long as the isolate lives.
 */
export async function findKnownNames(
  ctx: Context,
  server: ServerRow,
  wanted: readonly { kind: NameKind; key: string }[],
): Promise<Known> {
  const place = (kind: NameKind, key: string) =>
    JSON.stringify([server.alias, server.catalogueSha256, kind, key]);
  const known = new Map<string, readonly CatalogueName[]>();
  for (const { kind, key } of wanted) {
    known.set(place(kind, key), ctx.nameCache.get(place(kind, key)) ?? []);
  }
  const missing = wanted.filter(({ kind, key }) => known.get(place(kind, key))?.length === 0);
  const found = missing.length === 0 ? [] : await findNames(ctx.db, server.alias, missing);
  for (const [at, names] of Map.groupBy(found, (one) => place(one.kind, one.key))) {
    known.set(at, names);
    if (ctx.nameCache.size >= CACHE_KEYS_MAX) ctx.nameCache.clear();
    ctx.nameCache.set(at, names);
  }
  return (kind, key) => known.get(place(kind, key)) ?? [];
}
