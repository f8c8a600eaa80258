import {
  HEADERS,
  LIMITS,
  ROUTES,
  type Route,
  type RouteName,
  WIRE_VERSION,
} from "@mobilesd/contract";
import type { Context as HonoContext, Hono } from "hono";
import { getCookie } from "hono/cookie";
import type * as z from "zod";
import { type Actor, mayCall } from "../domain/access.ts";
import { AppError, fieldError } from "../services/app-error.ts";
import type { ActorContext, Context } from "../services/context.ts";
import { authenticate, type Credentials } from "../services/keys/authenticate.ts";
import { readJson, toDetails } from "./read-body.ts";

export interface HttpEnv {
  Bindings: object;
  Variables: { requestId: string; context: Context };
}

type Table = typeof ROUTES;
type Schema<N extends RouteName, F extends string> =
  Table[N] extends Record<F, infer S extends z.ZodType> ? z.output<S> : undefined;
/** Where the handler itself finds out who calls, if it must know at all. */
type OpenAccess = "public" | "signed_or_jobs:read" | "ticket_or_jobs:read";
type CallerContext<N extends RouteName> = Table[N]["access"] extends OpenAccess
  ? Context
  : ActorContext;

/** A request to a route of the table, checked as far as the table says. */
export interface Call<N extends RouteName> {
  readonly ctx: CallerContext<N>;
  readonly params: Schema<N, "params">;
  readonly query: Schema<N, "query">;
  readonly body: Schema<N, "body">;
  /** The JSON text that `body` was parsed from. */
  readonly bodyText: string;
  /** The `Idempotency-Key`, where the route takes one and the request brought one. */
  readonly idempotencyKey: string | null;
  readonly c: HonoContext<HttpEnv>;
}

/** What a handler answers: JSON for the route's status, nothing for a 204, or a response of its own. */
type Answer = object | undefined;

const IDEMPOTENCY_KEY = "Idempotency-Key";

interface MountOptions<N extends RouteName> {
  /** Asked only when what was sent is refused: what does not exist is a 404 before it is a 400. */
  readonly exists?: (call: Pick<Call<N>, "ctx" | "params">) => Promise<unknown>;
}

const OPEN: ReadonlySet<Route["access"]> = new Set<OpenAccess>([
  "public",
  "signed_or_jobs:read",
  "ticket_or_jobs:read",
]);

/** Whether a foreign page that gets this route called by somebody's browser learns and changes nothing by it. */
const isSafe = (method: string, route: Route) =>
  (method === "GET" || method === "HEAD") &&
  route.response !== "events" &&
  route.response !== "socket";

/** The name of a page's cookie: browsers keep `__Host-` ones only over https. */
export function cookieName(origin: string): string {
  return origin.startsWith("https:") ? "__Host-mobilesd" : "mobilesd";
}

function readCredentials(c: HonoContext<HttpEnv>, ctx: Context): Credentials | undefined {
  const key = c.req.header("x-api-key");
  const secret = c.req.header("x-api-secret");
  if (key !== undefined && secret !== undefined) return { type: "key", key, secret };
  const bearer = /^Bearer ([^.\s]+)\.([^.\s]+)$/i.exec(c.req.header("authorization") ?? "");
  if (bearer) return { type: "key", key: bearer[1] ?? "", secret: bearer[2] ?? "" };
  const token = getCookie(c, cookieName(ctx.origin));
  return token === undefined ? undefined : { type: "page", token };
}

/** A cookie comes along from wherever the request was made: only our own pages may change things by it. */
export function requireOwnPage(c: HonoContext<HttpEnv>, ctx: Context): void {
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== ctx.origin) throw new AppError("cross_site_request");
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new AppError("cross_site_request");
  }
}

/** Who calls, or an error in the order 401, 403. */
export async function requireActor(
  c: HonoContext<HttpEnv>,
  ctx: Context,
  route: Route,
): Promise<Actor> {
  const credentials = readCredentials(c, ctx);
  if (!credentials) throw new AppError("credentials_required");
  const actor = await authenticate(ctx, credentials, { isIdle: route.isIdle });
  if (credentials.type === "page" && !isSafe(c.req.method, route)) requireOwnPage(c, ctx);
  if (!mayCall(actor, route.access)) throw new AppError("forbidden");
  return actor;
}

function requireWire(c: HonoContext<HttpEnv>): void {
  if (c.req.header(HEADERS.wire) !== WIRE_VERSION) {
    const limit = WIRE_VERSION;
    throw fieldError("invalid_request", HEADERS.wire, "another version of the interface", {
      limit,
    });
  }
}

/** What cannot be a name or an id is not found, but a stranger is a stranger first. */
async function parseParams(route: Route, c: HonoContext<HttpEnv>, ctx: Context): Promise<unknown> {
  if (!route.params) return undefined;
  const parsed = route.params.safeParse(c.req.param());
  if (parsed.success) return parsed.data;
  if (route.access === "signed_or_jobs:read") await requireActor(c, ctx, route);
  throw new AppError("not_found");
}

async function parseQuery(route: Route, c: HonoContext<HttpEnv>, ctx: Context): Promise<unknown> {
  if (!route.query) return undefined;
  const query = c.req.query();
  const parsed = route.query.safeParse(query);
  if (parsed.success) return parsed.data;
  const hasTicket = query.ticket !== undefined;
  if (route.access === "ticket_or_jobs:read" && !hasTicket) await requireActor(c, ctx, route);
  throw new AppError("invalid_request", toDetails(parsed.error));
}

function readIdempotencyKey(route: Route, c: HonoContext<HttpEnv>): string | null {
  const header = route.isIdempotent ? c.req.header(IDEMPOTENCY_KEY) : undefined;
  if (header === undefined) return null;
  if (!/^[\x21-\x7e]+$/.test(header) || header.length > LIMITS.idempotencyKeyCharsMax) {
    const limit = LIMITS.idempotencyKeyCharsMax;
    throw fieldError("invalid_request", IDEMPOTENCY_KEY, "visible ASCII only", { limit });
  }
  return header;
}

/**
 * Wires one route of the table: who may call, then what exists, then what was sent. The handler only
 * translates between the wire and a verb.
 */
export function mount<N extends RouteName>(
  app: Hono<HttpEnv>,
  name: N,
  handle: (call: Call<NoInfer<N>>) => Promise<Answer>,
  options: MountOptions<NoInfer<N>> = {},
): void {
  const route: Route = ROUTES[name];
  app.on(route.method, route.path, async (c) => {
    const base = c.var.context;
    const ctx = OPEN.has(route.access)
      ? base
      : { ...base, actor: await requireActor(c, base, route) };
    const params = await parseParams(route, c, base);
    const known = { ctx, params } as Pick<Call<N>, "ctx" | "params">;
    const refuse = async (error: unknown) => {
      await options.exists?.(known);
      throw error;
    };
    const read = async () => {
      if (route.access === "agent") requireWire(c);
      const query = await parseQuery(route, c, base);
      const idempotencyKey = readIdempotencyKey(route, c);
      if (route.body === undefined || route.body === "bytes") return { query, idempotencyKey };
      const json = await readJson(c.req.raw, route.body, route.bodyBytesMax);
      return { query, idempotencyKey, body: json.value, bodyText: json.text };
    };
    const sent = await read().catch(refuse);
    const answer = await handle({ ...known, ...sent, c } as unknown as Call<N>);
    if (answer instanceof Response) return answer;
    if (answer === undefined) return c.body(null, 204);
    return c.json(answer, route.status === 201 ? 201 : 200);
  });
}
