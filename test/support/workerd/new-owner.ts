import { type NewKey, type Permission, ROLES } from "@mobilesd/contract";
import { ID_PREFIX } from "@mobilesd/contract";
import { makeKey } from "../../../src/services/keys/make-key.ts";
import { apiKeys, owners } from "../../../src/storage/schema.ts";
import type { TestQueue } from "./open-queue.ts";

export interface TestOwner {
  readonly id: string;
  readonly name: string;
  readonly key: NewKey;
  /** Headers that show the owner's key. */
  readonly auth: Readonly<Record<string, string>>;
}

export function authOf(key: { key: string; secret: string }): Record<string, string> {
  return { "X-API-Key": key.key, "X-API-Secret": key.secret };
}

/** Another key of an owner. */
export async function newKey(
  queue: TestQueue,
  owner: { id: string; name: string },
  permissions: readonly Permission[],
  columns: Partial<typeof apiKeys.$inferInsert> = {},
): Promise<NewKey> {
  const row = { id: owner.id, name: owner.name, createdAt: "2026-11-02T00:00:00.000Z" };
  const wanted = { name: "a key", permissions, serverAlias: columns.serverAlias ?? null };
  const made = makeKey(queue.ctx, row, wanted);
  await queue.ctx.db.insert(apiKeys).values({ ...made.row, ...columns });
  return made.view;
}

/** An owner of its own for a test, with one key of the given role. */
export async function newOwner(
  queue: TestQueue,
  role: keyof typeof ROLES = "member",
): Promise<TestOwner> {
  const id = `${ID_PREFIX.owner}${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}`;
  const name = `owner ${id.slice(4, 12)}`;
  const createdAt = "2026-11-02T00:00:00.000Z";
  await queue.ctx.db.insert(owners).values({ id, name, createdAt });
  const key = await newKey(queue, { id, name }, ROLES[role]);
  return { id, name, key, auth: authOf(key) };
}
