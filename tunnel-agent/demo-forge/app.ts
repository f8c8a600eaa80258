import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { checkLogin } from "./auth.ts";
import { ForgeEnded } from "./clock.ts";
import { allowOrigins } from "./cors.ts";
import { HttpDetail, PythonError } from "./errors.ts";
import type { Forge } from "./forge.ts";
import { HOME_PAGE } from "./home-page.ts";
import { describeApi } from "./openapi.ts";
import { parsePythonJson } from "./python-json.ts";
import { LIST_ROUTES } from "./routes/lists.ts";
import { JsonText, type Route } from "./routes/route.ts";
import { STATE_ROUTES } from "./routes/state.ts";
import { WORK_ROUTES } from "./routes/work.ts";
import { createJsonRefusal } from "./validation.ts";

type ForgeContext = Context<{ Bindings: HttpBindings }>;

/**
 * The HTTP side of a demo Forge. Without the API it has no /sdapi but the LoRA extension's, without
 * its page no /internal.
 */
export function createApp(forge: Forge, logins: Map<string, string> | null) {
  const { hasApi, noWebui } = forge.flags;
  const routes = [...STATE_ROUTES, ...WORK_ROUTES, ...LIST_ROUTES].filter(
    (route) => (hasApi || !route.isCore) && !(noWebui && route.path.startsWith("/internal/")),
  );
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (context, next) => (forge.phase === "empty" ? sendNotFound(context) : next()));
  app.use(allowOrigins);
  if (!noWebui) app.get("/", (context) => context.html(HOME_PAGE));
  app.get("/openapi.json", (context) => context.json(describeApi(routes)));
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path);
    app.all(path, async (context) => {
      const route = methods.find(({ method }) => method === context.req.method);
      if (methods.every(({ isLate }) => isLate) && forge.phase !== "ready") {
        return sendNotFound(context);
      }
      if (route) return answer(forge, route, context, logins);
      // Starlette names the first route's method only.
      const allow = methods[0]?.method ?? "GET";
      return context.json({ detail: "Method Not Allowed" }, 405, { allow });
    });
  }
  const paths = new Set(routes.map((route) => route.path));
  app.notFound((context) => {
    const { pathname, origin, search } = new URL(context.req.url);
    const bare = pathname.replace(/\/$/, "");
    return paths.has(bare)
      ? context.redirect(`${origin}${bare}${search}`, 307)
      : sendNotFound(context);
  });
  app.onError((error, context) => sendError(forge, error, context));
  return app;
}

async function answer(
  forge: Forge,
  route: Route,
  context: ForgeContext,
  logins: Map<string, string> | null,
): Promise<Response> {
  if (route.isGeneration && forge.faults.takeCrash()) {
    forge.crash();
    throw new ForgeEnded();
  }
  // FastAPI parses first, then asks for the login, then looks at the fields.
  const json = route.checkBody ? await readJson(context) : undefined;
  if (route.isCore && logins) checkLogin(logins, context.req.header("authorization"));
  const body = route.checkBody?.(json);
  const result = await route.answer(forge, { body, query: (name) => context.req.query(name) });
  const text = result instanceof JsonText ? result.text : JSON.stringify(result);
  if (result instanceof JsonText) context.env.outgoing.once("finish", result.onSent);
  if (route.isGeneration && forge.faults.take("dropAnswer")) {
    context.env.outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  if (route.isGeneration && forge.faults.take("truncateAnswer")) return sendHalf(context, text);
  return context.body(text, 200, { "content-type": "application/json" });
}

async function readJson(context: ForgeContext): Promise<unknown> {
  const bytes = await context.req.arrayBuffer();
  const type = context.req.header("content-type");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpDetail(400, "There was an error parsing the body");
  }
  if (text === "") return undefined;
  if (type !== undefined && !/^application\/([\w.-]+\+)?json\b/.test(type)) return text;
  try {
    return parsePythonJson(text);
  } catch (error) {
    throw createJsonRefusal(text, error);
  }
}

function sendHalf(context: ForgeContext, text: string): Response {
  const { outgoing } = context.env;
  const bytes = Buffer.from(text);
  outgoing.writeHead(200, {
    "content-type": "application/json",
    "content-length": bytes.length,
  });
  outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
  return RESPONSE_ALREADY_SENT;
}

function sendNotFound(context: Context): Response {
  return context.json({ detail: "Not Found" }, 404);
}

function sendError(forge: Forge, error: Error, context: ForgeContext): Response {
  if (error instanceof ForgeEnded) {
    context.env.outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  if (error instanceof HttpDetail) {
    const body = JSON.stringify({ detail: error.detail });
    const headers = { "content-type": "application/json", ...error.headers };
    return new Response(body, { status: error.status, headers });
  }
  if (!(error instanceof PythonError)) forge.say(`bug of the demo Forge: ${error.stack}`);
  const [type, body] =
    error instanceof PythonError ? [error.type, error.body] : ["RuntimeError", ""];
  return context.json({ error: type, detail: "", body, message: error.message }, 500);
}
