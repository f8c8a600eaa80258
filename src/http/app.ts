import { ROUTES } from "@mobilesd/contract";
import { Hono } from "hono";
import type { Context, Log } from "../services/context.ts";
import type { HttpEnv } from "./mount.ts";
import { answerError, problemResponse } from "./problem.ts";
import { mountAccess } from "./routes/access.ts";
import { mountAgent } from "./routes/agent.ts";
import { mountImages } from "./routes/images.ts";
import { mountJobs } from "./routes/jobs.ts";
import { mountLive } from "./routes/live.ts";
import { mountServers } from "./routes/servers.ts";

interface AppOptions {
  /** Builds what a request works with; throws when the environment is not what it must be. */
  readonly contextFor: (
    request: Request,
    env: object,
    execution: Pick<ExecutionContext, "waitUntil">,
  ) => Context;
  readonly log: Log;
  readonly uuid: () => string;
  readonly isPlatformTrouble: (error: unknown) => boolean;
}

/** The methods of each path, for the `Allow` of a 405. Whatever can be got can be asked for its head. */
function methodsByPath(): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of Object.values(ROUTES)) {
    const more = method === "GET" ? [method, "HEAD"] : [method];
    methods.set(path, [...(methods.get(path) ?? []), ...more]);
  }
  return methods;
}

/** The Worker's HTTP side: mounts the table of routes, nothing else. */
export function createApp(options: AppOptions): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("requestId", options.uuid());
    c.set("context", options.contextFor(c.req.raw, c.env, c.executionCtx));
    await next();
    // What answers with a socket says nothing more over HTTP, and a changed answer would lose the socket.
    if (c.res.webSocket) return;
    c.header("X-Request-Id", c.var.requestId);
    c.header("X-Content-Type-Options", "nosniff");
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  });
  app.use(async (c, next) => {
    // A compressed body could grow without bound when it is unpacked.
    const encoding = c.req.header("content-encoding");
    if (encoding !== undefined && encoding !== "identity") {
      const detail = { field: "Content-Encoding", message: "send the body as it is" };
      return problemResponse("unsupported_media_type", c.var.requestId, [detail]);
    }
    return next();
  });
  mountAccess(app);
  mountJobs(app);
  mountImages(app);
  mountAgent(app);
  mountLive(app);
  mountServers(app);
  for (const [path, methods] of methodsByPath()) {
    app.all(path, (c) => {
      const refusal = problemResponse("method_not_allowed", c.var.requestId);
      refusal.headers.set("Allow", methods.join(", "));
      return refusal;
    });
  }
  app.notFound((c) => problemResponse("not_found", c.var.requestId ?? options.uuid()));
  app.onError((error, c) =>
    answerError(error, c.var.requestId ?? options.uuid(), options.log, options.isPlatformTrouble),
  );
  return app;
}
