import { type ClaimPairing, type PairingClaimed, ROLES } from "@mobilesd/contract";
import { hashSecret, normalizePairingCode } from "../../domain/credentials.ts";
import { claimPairingCode, findKeyById, insertAgentKey, isUsable } from "../../storage/keys.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { makeKey } from "./make-key.ts";
import { startSession } from "./page-session.ts";

/** Turns a one-time code into what it stands for. `token` is the cookie of a page's session. */
export async function claimPairing(
  ctx: Context,
  input: ClaimPairing,
): Promise<{ claimed: PairingClaimed; token: string | null }> {
  const now = ctx.clock();
  const codeHash = hashSecret(normalizePairingCode(input.code), ctx.settings.keyPepper);
  const code = await claimPairingCode(ctx.db, codeHash, input.for, now);
  const maker = code && (await findKeyById(ctx.db, code.apiKeyId));
  if (!code || !maker || !isUsable(maker.key, now)) throw new AppError("pairing_code_invalid");
  if (code.purpose === "page") {
    const { token, session } = await startSession(ctx, {
      keyId: maker.key.id,
      ownerName: maker.owner.name,
    });
    return { claimed: { for: "page", ...session }, token };
  }
  const alias = code.serverAlias;
  if (alias === null) throw new AppError("pairing_code_invalid");
  const name = input.name ?? `agent of ${alias}`;
  const wanted = { name, permissions: ROLES.agent, serverAlias: alias };
  const { row, view } = makeKey(ctx, maker.owner, wanted);
  await insertAgentKey(ctx.db, { ...row, serverAlias: alias });
  ctx.log("agent_paired", { server_alias: alias, key_id: row.id });
  return { claimed: { for: "agent", key: view }, token: null };
}
