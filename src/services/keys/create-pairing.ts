import type { CreatePairing, Pairing } from "@mobilesd/contract";
import { hashSecret, makePairingCode, normalizePairingCode } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import { insertPairingCode } from "../../storage/keys.ts";
import type { ActorContext } from "../context.ts";

/** Makes a one-time code, for a page, a Forge extension or an agent of one server. Only its hash is kept. */
export async function createPairing(ctx: ActorContext, input: CreatePairing): Promise<Pairing> {
  const code = makePairingCode(ctx.randomBytes);
  const expiresAt = ctx.clock() + ctx.settings.durations.pairingCodeTtlMs;
  await insertPairingCode(ctx.db, {
    codeHash: hashSecret(normalizePairingCode(code), ctx.settings.keyPepper),
    purpose: input.for,
    apiKeyId: ctx.actor.keyId,
    serverAlias: input.for === "agent" ? input.server_alias : null,
    expiresAt,
  });
  // An agent is told its queue apart from the code, on the command line.
  const link = input.for === "agent" ? {} : { url: `${ctx.origin}/#pair=${code}` };
  return { code, ...link, expires_at: toTimestamp(expiresAt) };
}
