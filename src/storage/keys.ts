import { and, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import { keyIdOf } from "../domain/credentials.ts";
import type { Database } from "./database.ts";
import { adoptOrphanJobs } from "./jobs.ts";
import { apiKeys, owners, pageSessions, pairingCodes, servers } from "./schema.ts";

type KeyRow = typeof apiKeys.$inferSelect;
export type OwnerRow = typeof owners.$inferSelect;
type NewKeyRow = typeof apiKeys.$inferInsert;

/** A key and the owner whose it is. */
export interface OwnedKey {
  readonly key: KeyRow;
  readonly owner: OwnerRow;
}

/** Whether a key still opens anything. */
export function isUsable(key: KeyRow, now: number): boolean {
  return key.isActive && (key.expiresAt === null || key.expiresAt > now);
}

/** The key of that text with its owner, active or not. */
export async function findKey(db: Database, key: string): Promise<OwnedKey | undefined> {
  return db
    .select({ key: apiKeys, owner: owners })
    .from(apiKeys)
    .innerJoin(owners, eq(owners.id, apiKeys.ownerId))
    .where(and(eq(apiKeys.id, keyIdOf(key)), eq(apiKeys.key, key)))
    .get();
}

/** The key behind a page's session, while the session lasts. */
export async function findSessionKey(
  db: Database,
  tokenHash: string,
  now: number,
): Promise<OwnedKey | undefined> {
  return db
    .select({ key: apiKeys, owner: owners })
    .from(pageSessions)
    .innerJoin(apiKeys, eq(apiKeys.id, pageSessions.apiKeyId))
    .innerJoin(owners, eq(owners.id, apiKeys.ownerId))
    .where(and(eq(pageSessions.tokenHash, tokenHash), gt(pageSessions.expiresAt, now)))
    .get();
}

export function touchKey(db: Database, id: string, now: number) {
  return db.update(apiKeys).set({ lastUsed: now }).where(eq(apiKeys.id, id));
}

/**
 * Makes the first owner with its key, and gives it the rows of the old schema; in one batch. False: there
 * is a key already, be it that of another setup at the same moment, and nothing was written.
 */
export async function insertFirstOwner(
  db: Database,
  owner: OwnerRow,
  key: NewKeyRow,
  now: number,
): Promise<boolean> {
  const isFirst = sql`EXISTS (SELECT 1 FROM ${owners} WHERE ${owners.id} = ${owner.id})`;
  const [made] = await db.batch([
    // Both in the order of their table's columns.
    db.insert(owners).select(sql`
      SELECT ${owner.id}, ${owner.name}, ${owner.createdAt}
      WHERE NOT EXISTS (SELECT 1 FROM api_keys)`),
    db.insert(apiKeys).select(sql`
      SELECT ${key.id}, ${key.name}, ${key.key}, ${key.secret}, ${key.createdAt}, NULL, true,
        ${key.permissions}, ${owner.id}, NULL, NULL
      WHERE ${isFirst}`),
    ...adoptOrphanJobs(db, owner.id, now, isFirst),
  ]);
  return made.meta.changes > 0;
}

/** Keeps a further key of an owner. */
export async function insertKey(db: Database, key: NewKeyRow): Promise<void> {
  await db.insert(apiKeys).values(key);
}

/** Makes an agent's key, and with it its server: an alias exists from then on. */
export async function insertAgentKey(
  db: Database,
  key: NewKeyRow & { serverAlias: string },
): Promise<void> {
  await db.batch([
    db.insert(apiKeys).values(key),
    db
      .insert(servers)
      .values({ alias: key.serverAlias, ownerId: key.ownerId, createdAt: key.createdAt })
      .onConflictDoNothing(),
  ]);
}

export function insertPairingCode(db: Database, code: typeof pairingCodes.$inferInsert) {
  return db.insert(pairingCodes).values(code);
}

/**
 * Uses a code up that was made for one of `purposes`, or (undefined) for anything. Undefined: unknown, used,
 * expired or made for something else; of two callers at once only one gets the row.
 */
export async function claimPairingCode(
  db: Database,
  codeHash: string,
  purposes: readonly string[] | undefined,
  now: number,
) {
  const [row] = await db
    .update(pairingCodes)
    .set({ claimedAt: now })
    .where(
      and(
        eq(pairingCodes.codeHash, codeHash),
        isNull(pairingCodes.claimedAt),
        gt(pairingCodes.expiresAt, now),
        purposes === undefined ? undefined : inArray(pairingCodes.purpose, [...purposes]),
      ),
    )
    .returning();
  return row;
}

/** A key by its row id with its owner: what a pairing code or a session stands for. */
export async function findKeyById(db: Database, id: string): Promise<OwnedKey | undefined> {
  return db
    .select({ key: apiKeys, owner: owners })
    .from(apiKeys)
    .innerJoin(owners, eq(owners.id, apiKeys.ownerId))
    .where(eq(apiKeys.id, id))
    .get();
}

export function insertPageSession(db: Database, session: typeof pageSessions.$inferInsert) {
  return db.insert(pageSessions).values(session);
}

export function deletePageSession(db: Database, tokenHash: string) {
  return db.delete(pageSessions).where(eq(pageSessions.tokenHash, tokenHash));
}

export async function findOwnerByName(db: Database, name: string): Promise<OwnerRow | undefined> {
  return db.select().from(owners).where(eq(owners.name, name)).get();
}
