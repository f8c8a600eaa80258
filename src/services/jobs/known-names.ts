import { type JobName, type Known, keysOf } from "../../domain/job-names.ts";
import type { CatalogueName } from "../../domain/names.ts";
import { findNames, type ServerRow } from "../../storage/servers.ts";
import type { Context } from "../context.ts";

/** Names in the cache; beyond, it starts anew. */
const CACHE_NAMES_MAX = 5_000;

/**
 * Looks up all that a request names in a server's catalogue, at one query. A catalogue of one hash never
 * changes, so what was found in it once is remembered for as long as the isolate lives.
 */
export async function findKnownNames(
  ctx: Context,
  server: ServerRow,
  wanted: readonly JobName[],
): Promise<Known> {
  const place: (one: Parameters<Known>[0]) => string = ({ kinds, given }) =>
    JSON.stringify([server.alias, server.catalogueSha256, kinds, given]);
  const places = new Map(wanted.map((one) => [place(one), one]));
  const known = new Map<string, readonly CatalogueName[]>();
  for (const at of places.keys()) {
    const names = ctx.nameCache.get(at);
    if (names) known.set(at, names);
  }
  const missing = [...places].filter(([at]) => !known.has(at));
  const keys = missing.flatMap(([, one]) => keysOf(one));
  const found = keys.length === 0 ? [] : await findNames(ctx.db, server.alias, keys);
  const byKey = Map.groupBy(found, ({ kind, key }) => JSON.stringify([kind, key]));
  for (const [at, one] of missing) {
    const names = keysOf(one).flatMap(
      ({ kind, key }) => byKey.get(JSON.stringify([kind, key])) ?? [],
    );
    known.set(at, names);
    if (names.length === 0) continue;
    if (ctx.nameCache.size >= CACHE_NAMES_MAX) ctx.nameCache.clear();
    ctx.nameCache.set(at, names);
  }
  return (one) => known.get(place(one)) ?? [];
}
