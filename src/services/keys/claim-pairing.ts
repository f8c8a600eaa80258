import { type ClaimPairing, type PairingClaimed, ROLES } from "@mobilesd/contract";
import { hashSecret, normalizePairingCode } from "../../domain/credentials.ts";
import {
  claimPairingCode,
  findKeyById,
  insertAgentKey,
  insertKey,
  isUsable,
  type OwnerRow,
} from "../../storage/keys.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { makeKey } from "./make-key.ts";
import { startSession } from "./page-session.ts";

type Use = PairingClaimed["for"];

/**
 * Which codes serve a use. The code for a page, which a person has on screen anyway, does for an extension
 * too: what it opens there is less than a page's session.
 */
const CODES_OF = {
  page: ["page"],
  agent: ["agent"],
  extension: ["page", "extension"],
} as const satisfies Record<Use, readonly Use[]>;

async function makeExtensionKey(ctx: Context, owner: OwnerRow, name = "Forge extension") {
  const wanted = { name, permissions: ROLES.member, serverAlias: null };
  const { row, view } = makeKey(ctx, owner, wanted);
  await insertKey(ctx.db, row);
  ctx.log("extension_paired", { key_id: row.id });
  return view;
}

async function makeAgentKey(ctx: Context, owner: OwnerRow, alias: string, name: string) {
  const wanted = { name, permissions: ROLES.agent, serverAlias: alias };
  const { row, view } = makeKey(ctx, owner, wanted);
  await insertAgentKey(ctx.db, { ...row, serverAlias: alias });
  ctx.log("agent_paired", { server_alias: alias, key_id: row.id });
  return view;
}

/**
 * Turns a one-time code into what the caller can use, or, where they do not say, into what it was made for.
 * A code that does not serve that use is refused and stays as it is. `token` is the cookie of a page's session.
 */
export async function claimPairing(
  ctx: Context,
  input: ClaimPairing,
): Promise<{ claimed: PairingClaimed; token: string | null }> {
  const now = ctx.clock();
  const codeHash = hashSecret(normalizePairingCode(input.code), ctx.settings.keyPepper);
  const purposes = input.for === undefined ? undefined : CODES_OF[input.for];
  const code = await claimPairingCode(ctx.db, codeHash, purposes, now);
  const maker = code && (await findKeyById(ctx.db, code.apiKeyId));
  if (!code || !maker || !isUsable(maker.key, now)) throw new AppError("pairing_code_invalid");
  const use = input.for ?? code.purpose;
  if (use === "page") {
    const of = { keyId: maker.key.id, ownerName: maker.owner.name };
    const { token, session } = await startSession(ctx, of);
    return { claimed: { for: "page", ...session }, token };
  }
  if (use === "extension") {
    const key = await makeExtensionKey(ctx, maker.owner, input.name);
    return { claimed: { for: "extension", key }, token: null };
  }
  const alias = code.serverAlias;
  if (alias === null) throw new AppError("pairing_code_invalid");
  const key = await makeAgentKey(ctx, maker.owner, alias, input.name ?? `agent of ${alias}`);
  return { claimed: { for: "agent", key }, token: null };
}
