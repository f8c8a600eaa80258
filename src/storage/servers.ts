import { and, eq, inArray, or, sql } from "drizzle-orm";
import { type ServerTiming, TIMING_UNKNOWN } from "../domain/estimate.ts";
import type { CatalogueName, NameKind } from "../domain/names.ts";
import type { Database } from "./database.ts";
import { catalogueNames, servers } from "./schema.ts";

export type ServerRow = typeof servers.$inferSelect;

export async function findServer(db: Database, alias: string): Promise<ServerRow | undefined> {
  return db.select().from(servers).where(eq(servers.alias, alias)).get();
}

/** Every server: few, one a GPU box. */
export async function listServers(db: Database): Promise<ServerRow[]> {
  return db.select().from(servers).orderBy(servers.alias);
}

/** What a server's finished jobs have shown, or the guess that stands in for them. */
export function timingOf(server: ServerRow): ServerTiming {
  if (server.msPerMegapixelStep === null) return TIMING_UNKNOWN;
  return {
    msPerMegapixelStep: server.msPerMegapixelStep,
    modelLoadMs: server.modelLoadMs ?? TIMING_UNKNOWN.modelLoadMs,
    sampleCount: server.timingSampleCount,
  };
}

export function updateServer(
  db: Database,
  alias: string,
  columns: Partial<typeof servers.$inferInsert>,
) {
  return db.update(servers).set(columns).where(eq(servers.alias, alias));
}

/** The names of one kind that stand under any of `keys` or are called one of them. */
export function findNames(
  db: Database,
  alias: string,
  kind: NameKind,
  words: readonly string[],
): Promise<CatalogueName[]> {
  const list = [...words];
  return db
    .select()
    .from(catalogueNames)
    .where(
      and(
        eq(catalogueNames.serverAlias, alias),
        eq(catalogueNames.kind, kind),
        inArray(catalogueNames.key, list),
      ),
    )
    .then((rows) => rows.map(toName));
}

/** The checkpoints whose sha256 begins so. */
export function findCheckpointsByHash(
  db: Database,
  alias: string,
  hash: string,
): Promise<CatalogueName[]> {
  return db
    .select()
    .from(catalogueNames)
    .where(
      and(
        eq(catalogueNames.serverAlias, alias),
        eq(catalogueNames.kind, "checkpoint"),
        or(eq(catalogueNames.hash, hash), sql`substr(${catalogueNames.hash}, 1, 10) = ${hash}`),
      ),
    )
    .then((rows) => rows.map(toName));
}

/** Names read to look for near matches, when one was not found. */
const NEAR_MATCH_NAMES_MAX = 2_000;

/** All names of one kind, up to a bound: for the error that lists the nearest. */
export async function listNames(db: Database, alias: string, kind: NameKind): Promise<string[]> {
  const rows = await db
    .selectDistinct({ name: catalogueNames.name })
    .from(catalogueNames)
    .where(and(eq(catalogueNames.serverAlias, alias), eq(catalogueNames.kind, kind)))
    .limit(NEAR_MATCH_NAMES_MAX);
  return rows.map((row) => row.name);
}

function toName(row: typeof catalogueNames.$inferSelect): CatalogueName {
  return { kind: row.kind as NameKind, name: row.name, key: row.key, hash: row.hash };
}

/**
 * Makes a server's rows equal to `names`, writing only what differs, and notes the catalogue's hash.
 * One batch: a submit sees the old catalogue or the new one.
 */
export async function replaceCatalogue(
  db: Database,
  alias: string,
  names: readonly CatalogueName[],
  sha256: string,
): Promise<void> {
  const given = JSON.stringify(names.map((one) => [one.kind, one.key, one.name, one.hash]));
  const wanted = sql`SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(${given})`;
  await db.batch([
    db.run(sql`
      DELETE FROM catalogue_names WHERE server_alias = ${alias}
      AND (kind, key, name, coalesce(hash, '')) NOT IN (
        SELECT value ->> 0, value ->> 1, value ->> 2, coalesce(value ->> 3, '') FROM json_each(${given})
      )`),
    db.run(sql`
      INSERT INTO catalogue_names (server_alias, kind, key, name, hash)
      SELECT ${alias}, * FROM (${wanted}) WHERE true
      ON CONFLICT DO NOTHING`),
    updateServer(db, alias, { catalogueSha256: sha256 }),
  ]);
}
