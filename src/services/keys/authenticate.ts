import type { Permission } from "@mobilesd/contract";
import type { Actor } from "../../domain/access.ts";
import { hashSecret, isEqualDigest, isWellFormedToken } from "../../domain/credentials.ts";
import {
  findKey,
  findKeyById,
  findSessionKey,
  isUsable,
  type OwnedKey,
  touchKey,
} from "../../storage/keys.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";

/** What a request showed of itself. */
export type Credentials =
  | { readonly type: "key"; readonly key: string; readonly secret: string }
  | { readonly type: "page"; readonly token: string };

/** Who a key belongs to, as long as the key holds. */
function toActor({ key, owner }: OwnedKey, now: number): Actor | undefined {
  if (!isUsable(key, now)) return undefined;
  return {
    ownerId: owner.id,
    ownerName: owner.name,
    keyId: key.id,
    permissions: key.permissions.split(" ") as Permission[],
    serverAlias: key.serverAlias,
  };
}

async function findByKey(ctx: Context, key: string, secret: string): Promise<OwnedKey | undefined> {
  if (!isWellFormedToken("msk_", key) || !isWellFormedToken("mss_", secret)) return undefined;
  const found = await findKey(ctx.db, key);
  const shown = hashSecret(secret, ctx.settings.keyPepper);
  return found && isEqualDigest(found.key.secret, shown) ? found : undefined;
}

async function findByPage(ctx: Context, token: string): Promise<OwnedKey | undefined> {
  if (!isWellFormedToken("mps_", token)) return undefined;
  return findSessionKey(ctx.db, hashSecret(token, ctx.settings.keyPepper), ctx.clock());
}

/** Who a key belongs to that somebody showed before; undefined when it holds no more. */
export async function actorOfKey(ctx: Context, keyId: string): Promise<Actor | undefined> {
  const found = await findKeyById(ctx.db, keyId);
  return found && toActor(found, ctx.clock());
}

/** Entries of the cache; beyond, it starts anew. */
const CACHE_ENTRIES_MAX = 1_000;

/**
 * Finds who is calling. Whatever is wrong with the credentials, the answer is the same
 * `invalid_credentials`. `last_used` is written at most once an hour, after the answer, and not for what is
 * idle: who only waits uses nothing.
 */
export async function authenticate(
  ctx: Context,
  credentials: Credentials,
  { isIdle = false }: { isIdle?: boolean | undefined } = {},
): Promise<Actor> {
  const now = ctx.clock();
  const shown =
    credentials.type === "key" ? `${credentials.key}.${credentials.secret}` : credentials.token;
  const cacheKey = hashSecret(shown, ctx.settings.keyPepper);
  const cached = ctx.authCache.get(cacheKey);
  if (cached && cached.until > now && (isIdle || !cached.isUseDue)) return cached.actor;
  const found =
    credentials.type === "key"
      ? await findByKey(ctx, credentials.key, credentials.secret)
      : await findByPage(ctx, credentials.token);
  const actor = found && toActor(found, now);
  if (found === undefined || actor === undefined) throw new AppError("invalid_credentials");
  const { lastUsedResolutionMs, authCacheTtlMs } = ctx.settings.durations;
  if (ctx.authCache.size >= CACHE_ENTRIES_MAX) ctx.authCache.clear();
  const until = Math.min(now + authCacheTtlMs, found.key.expiresAt ?? Number.POSITIVE_INFINITY);
  const { lastUsed } = found.key;
  const isUseDue = lastUsed === null || now - lastUsed >= lastUsedResolutionMs;
  ctx.authCache.set(cacheKey, { actor, until, isUseDue: isUseDue && isIdle });
  if (isUseDue && !isIdle) ctx.defer(touchKey(ctx.db, found.key.id, now).run());
  return actor;
}
