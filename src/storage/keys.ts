import { and, count, eq, gt, isNull } from "drizzle-orm";
import type { Database } from "./database.ts";
import { adoptOrphanJobs } from "./jobs.ts";
import { apiKeys, owners, pageSessions, pairingCodes, servers } from "./schema.ts";

export type KeyRow = typeof apiKeys.$inferSelect;
export type OwnerRow = typeof owners.$inferSelect;
type NewKeyRow = typeof apiKeys.$inferInsert;

/** A key and the owner whose it is. */
export interface OwnedKey {
  readonly key: KeyRow;
  readonly owner: OwnerRow;
}

/** The row id of a key: its first characters behind the prefix, so that a key is found without an index. */
export function keyIdOf(key: string): string {
  return `key_${key.slice(4, 20)}`;
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

/** Whether any key exists: then setup is over. */
export async function hasAnyKey(db: Database): Promise<boolean> {
  const row = await db.select({ n: count() }).from(apiKeys).get();
  return (row?.n ?? 0) > 0;
}

/** Makes the first owner with its key, and gives it the rows of the old schema; in one batch. */
export async function insertFirstOwner(
  db: Database,
  owner: OwnerRow,
  key: NewKeyRow,
  now: number,
): Promise<void> {
  await db.batch([
    db.insert(owners).values(owner),
    db.insert(apiKeys).values(key),
    adoptOrphanJobs(db, owner.id, now),
  ]);
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

/** Uses a code up. Undefined: unknown, used or expired; of two callers at once only one gets the row. */
export async function claimPairingCode(db: Database, codeHash: string, now: number) {
  const [row] = await db
    .update(pairingCodes)
    .set({ claimedAt: now })
    .where(
      and(
        eq(pairingCodes.codeHash, codeHash),
        isNull(pairingCodes.claimedAt),
        gt(pairingCodes.expiresAt, now),
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
