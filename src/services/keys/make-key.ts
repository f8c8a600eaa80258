import type { NewKey, Permission } from "@mobilesd/contract";
import { hashSecret, keyIdOf, makeToken } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { OwnerRow } from "../../storage/keys.ts";
import type { Context } from "../context.ts";

/** A fresh key: the row to store, and the view with the secret, which nobody sees again. */
export function makeKey(
  ctx: Context,
  owner: OwnerRow,
  wanted: { name: string; permissions: readonly Permission[]; serverAlias: string | null },
) {
  const key = makeToken("msk_", ctx.randomBytes);
  const secret = makeToken("mss_", ctx.randomBytes);
  const createdAt = toTimestamp(ctx.clock());
  const row = {
    id: keyIdOf(key),
    name: wanted.name,
    key,
    secret: hashSecret(secret, ctx.settings.keyPepper),
    createdAt,
    permissions: wanted.permissions.join(" "),
    ownerId: owner.id,
    serverAlias: wanted.serverAlias,
  };
  const view: NewKey = {
    id: row.id,
    name: row.name,
    key,
    secret,
    owner: owner.name,
    permissions: [...wanted.permissions],
    server_alias: wanted.serverAlias,
    created_at: createdAt,
  };
  return { row, view };
}
