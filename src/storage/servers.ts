import { and, eq, getTableColumns, isNull, lt, or, sql } from "drizzle-orm";
import { type ServerTiming, TIMING_UNKNOWN } from "../domain/estimate.ts";
import type { CatalogueName, NameKind } from "../domain/names.ts";
import type { Database } from "./database.ts";
import { catalogueNames, servers } from "./schema.ts";

export type ServerRow = typeof servers.$inferSelect;
export type ServerWithLease = ServerRow & { readonly leaseUntil: number | null };
export type ServerColumns = Partial<typeof servers.$inferInsert>;

export async function findServer(db: Database, alias: string): Promise<ServerRow | undefined> {
  return db.select().from(servers).where(eq(servers.alias, alias)).get();
}

/** Every server: few, one a GPU box. */
export async function listServers(db: Database): Promise<ServerRow[]> {
  return db.select().from(servers).orderBy(servers.alias);
}

const selectWithLease = (db: Database) => {
  const leaseUntil = sql<number | null>`(SELECT max(lease_until) FROM jobs
    WHERE target_server_alias = ${servers.alias} AND agent_session_id IS NOT NULL AND wake_at IS NOT NULL)`;
  return db.select({ ...getTableColumns(servers), leaseUntil }).from(servers);
};

/** Every server with the end of the last lease that it holds, by which it is present without being seen. */
export async function listServersWithLease(db: Database): Promise<ServerWithLease[]> {
  return selectWithLease(db).orderBy(servers.alias);
}

/** One of them. */
export async function findServerWithLease(
  db: Database,
  alias: string,
): Promise<ServerWithLease | undefined> {
  return selectWithLease(db).where(eq(servers.alias, alias)).get();
}

/** A timing as the table has it. */
export function toTimingColumns(timing: ServerTiming): ServerColumns {
  return {
    msPerMegapixelStep: timing.msPerMegapixelStep,
    modelLoadMs: timing.modelLoadMs,
    loadMsByCheckpointJson: JSON.stringify(timing.loadMsByCheckpoint),
    timingSampleCount: timing.sampleCount,
  };
}

/** What a server's finished jobs have shown, or the guess that stands in for them. */
export function timingOf(server: ServerRow): ServerTiming {
  if (server.msPerMegapixelStep === null) return TIMING_UNKNOWN;
  return {
    msPerMegapixelStep: server.msPerMegapixelStep,
    modelLoadMs: server.modelLoadMs ?? TIMING_UNKNOWN.modelLoadMs,
    loadMsByCheckpoint: JSON.parse(server.loadMsByCheckpointJson) as Record<string, number>,
    sampleCount: server.timingSampleCount,
  };
}

export function updateServer(db: Database, alias: string, columns: ServerColumns) {
  return db.update(servers).set(columns).where(eq(servers.alias, alias));
}

/** Notes when a server's agent left, unless a later time stands there. */
export function noteLeft(db: Database, alias: string, at: number) {
  const isLater = or(isNull(servers.leftAt), lt(servers.leftAt, at));
  return db
    .update(servers)
    .set({ leftAt: at })
    .where(and(eq(servers.alias, alias), isLater));
}

const named = (alias: string, kind: NameKind) =>
  and(eq(catalogueNames.serverAlias, alias), eq(catalogueNames.kind, kind));

/** The names that stand under any of `wanted`, each looked up by the index: one query, however many. */
export async function findNames(
  db: Database,
  alias: string,
  wanted: readonly { kind: NameKind; key: string }[],
): Promise<CatalogueName[]> {
  const pairs = JSON.stringify(wanted.map(({ kind, key }) => [kind, key]));
  // CROSS: the wanted ones come first, each a look into the index. An IN costs twice the rows.
  return db.all<CatalogueName>(sql`
    SELECT known.kind, known.key, known.name, known.hash
    FROM json_each(${pairs}) AS wanted CROSS JOIN ${catalogueNames} AS known
    WHERE known.server_alias = ${alias}
      AND known.kind = wanted.value ->> 0 AND known.key = wanted.value ->> 1`);
}

/** Whether a server has exactly this file. */
export async function hasCheckpoint(db: Database, alias: string, name: string): Promise<boolean> {
  const row = await db
    .select({ name: catalogueNames.name })
    .from(catalogueNames)
    .where(and(named(alias, "checkpoint"), eq(catalogueNames.name, name)))
    .limit(1)
    .get();
  return row !== undefined;
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
        named(alias, "checkpoint"),
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
    .where(named(alias, kind))
    .limit(NEAR_MATCH_NAMES_MAX);
  return rows.map((row) => row.name);
}

function toName(row: typeof catalogueNames.$inferSelect): CatalogueName {
  return { kind: row.kind as NameKind, name: row.name, key: row.key, hash: row.hash };
}

/** Characters of one bound text: in UTF-8 at most three times as many bytes, below D1's 2 MB. */
const PARAMETER_CHARS_MAX = 600_000;

/** JSON arrays of `rows` that each fit one bound parameter. */
function toJsonChunks(rows: readonly (string | null)[][]): string[] {
  const chunks: string[][] = [[]];
  let length = 0;
  for (const row of rows) {
    const json = JSON.stringify(row);
    if (length + json.length > PARAMETER_CHARS_MAX) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)?.push(json);
    length += json.length + 1;
  }
  return chunks.map((chunk) => `[${chunk.join(",")}]`);
}

/**
 * Makes a server's rows equal to `names`, writing only what differs. One batch: a submit sees the old
 * names or the new ones.
 */
export async function replaceCatalogueNames(
  db: Database,
  alias: string,
  names: readonly CatalogueName[],
): Promise<void> {
  const chunks = toJsonChunks(names.map((one) => [one.kind, one.key, one.name, one.hash]));
  const kept = sql.join(
    chunks.map(
      (chunk) =>
        sql`SELECT value ->> 0, value ->> 1, value ->> 2, coalesce(value ->> 3, '') FROM json_each(${chunk})`,
    ),
    sql` UNION ALL `,
  );
  await db.batch([
    db
      .delete(catalogueNames)
      .where(
        and(
          eq(catalogueNames.serverAlias, alias),
          sql`(kind, key, name, coalesce(hash, '')) NOT IN (${kept})`,
        ),
      ),
    // In the order of the table's columns; without its WHERE, SQLite takes ON CONFLICT for a join's.
    ...chunks.map((chunk) =>
      db
        .insert(catalogueNames)
        .select(
          sql`SELECT ${alias}, value ->> 0, value ->> 1, value ->> 2, value ->> 3
            FROM json_each(${chunk}) WHERE true`,
        )
        .onConflictDoNothing(),
    ),
  ]);
}
