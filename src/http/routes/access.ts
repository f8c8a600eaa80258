import type { Context as HonoContext, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Context } from "../../services/context.ts";
import { checkHealth } from "../../services/health.ts";
import { claimPairing } from "../../services/keys/claim-pairing.ts";
import { createPairing } from "../../services/keys/create-pairing.ts";
import { signIn, signOut } from "../../services/keys/page-session.ts";
import { setUp } from "../../services/keys/set-up.ts";
import { cookieName, type HttpEnv, mount, requireOwnPage } from "../mount.ts";

function cookieOptions(ctx: Context) {
  const secure = ctx.origin.startsWith("https:");
  return { httpOnly: true, sameSite: "Strict", path: "/", secure } as const;
}

function keepSession(c: HonoContext<HttpEnv>, ctx: Context, token: string): void {
  const maxAge = Math.floor(ctx.settings.durations.pageSessionTtlMs / 1000);
  setCookie(c, cookieName(ctx.origin), token, { ...cookieOptions(ctx), maxAge });
}

export function mountAccess(app: Hono<HttpEnv>): void {
  mount(app, "health", ({ ctx }) => checkHealth(ctx));
  mount(app, "setUp", ({ ctx, body }) => setUp(ctx, body));
  mount(app, "createPairing", ({ ctx, body }) => createPairing(ctx, body));
  mount(app, "claimPairing", async ({ ctx, body, c }) => {
    requireOwnPage(c, ctx);
    const { claimed, token } = await claimPairing(ctx, body);
    if (token !== null) keepSession(c, ctx, token);
    return claimed;
  });
  mount(app, "signIn", async ({ ctx, body, c }) => {
    requireOwnPage(c, ctx);
    const { token, session } = await signIn(ctx, body);
    keepSession(c, ctx, token);
    return session;
  });
  mount(app, "signOut", async ({ ctx, c }) => {
    requireOwnPage(c, ctx);
    await signOut(ctx, getCookie(c, cookieName(ctx.origin)));
    deleteCookie(c, cookieName(ctx.origin), cookieOptions(ctx));
    return undefined;
  });
}
