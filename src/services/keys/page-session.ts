import type { PageSession, SignIn } from "@mobilesd/contract";
import { hashSecret, makeToken } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import { deletePageSession, insertPageSession } from "../../storage/keys.ts";
import type { Context } from "../context.ts";
import { authenticate } from "./authenticate.ts";

/** A session, and the token that goes into the page's cookie and nowhere else. */
export interface StartedSession {
  readonly token: string;
  readonly session: PageSession;
}

/** Starts a session that acts for a key, until it expires or the key ends. */
export async function startSession(
  ctx: Context,
  key: { keyId: string; ownerName: string },
): Promise<StartedSession> {
  const token = makeToken("mps_", ctx.randomBytes);
  const now = ctx.clock();
  const expiresAt = now + ctx.settings.durations.pageSessionTtlMs;
  await insertPageSession(ctx.db, {
    tokenHash: hashSecret(token, ctx.settings.keyPepper),
    apiKeyId: key.keyId,
    createdAt: toTimestamp(now),
    expiresAt,
  });
  return { token, session: { owner: key.ownerName, expires_at: toTimestamp(expiresAt) } };
}

/** Signs a page in with a key and its secret. */
export async function signIn(ctx: Context, input: SignIn): Promise<StartedSession> {
  return startSession(ctx, await authenticate(ctx, { type: "key", ...input }));
}

/** Ends a page's session; one that is over already is no error. */
export async function signOut(ctx: Context, token: string | undefined): Promise<void> {
  if (token === undefined) return;
  const tokenHash = hashSecret(token, ctx.settings.keyPepper);
  ctx.authCache.delete(tokenHash);
  await deletePageSession(ctx.db, tokenHash);
}
