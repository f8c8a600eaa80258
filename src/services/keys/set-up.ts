import { ID_PREFIX, type NewKey, ROLES, type SetUp } from "@mobilesd/contract";
import { hashSecret, isEqualDigest, randomBase62 } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import { insertFirstOwner } from "../../storage/keys.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { makeKey } from "./make-key.ts";

/** Makes the first owner's key. Only with the setup token, and only while there is no key at all. */
export async function setUp(ctx: Context, input: SetUp): Promise<NewKey> {
  const { setupToken, keyPepper } = ctx.settings;
  const given = hashSecret(input.setup_token, keyPepper);
  if (setupToken === null || !isEqualDigest(given, hashSecret(setupToken, keyPepper))) {
    throw new AppError("setup_token_invalid");
  }
  const now = ctx.clock();
  const owner = {
    id: ID_PREFIX.owner + randomBase62(22, ctx.randomBytes),
    name: input.owner,
    createdAt: toTimestamp(now),
  };
  const wanted = { name: "first key", permissions: ROLES.owner, serverAlias: null };
  const { row, view } = makeKey(ctx, owner, wanted);
  const isFirst = await insertFirstOwner(ctx.db, owner, row, now);
  if (!isFirst) throw new AppError("already_set_up");
  ctx.log("set_up", { owner_id: owner.id, key_id: row.id });
  return view;
}
