import type { MiddlewareHandler } from "hono";

const LOCAL_HOSTS = ["localhost", "127.0.0.1", "0.0.0.0"];

const METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

/**
 * Answers pages of other origins as Gradio's middleware does. Under a local name only local
 * origins and "null" may read an answer, under any other name everybody may. An origin that may
 * not is not refused: the request is carried out, the answer only lacks a header.
 */
export const allowOrigins: MiddlewareHandler = async (context, next) => {
  const origin = context.req.header("origin");
  if (origin === undefined) return next();
  const host = new URL(context.req.url).hostname;
  const headers = createOriginHeaders(origin, host);
  const asked = context.req.header("access-control-request-method");
  if (context.req.method === "OPTIONS" && asked !== undefined) {
    const wanted = context.req.header("access-control-request-headers");
    // Forge's preflights have no Vary.
    const { vary: _left, ...others } = headers;
    return new Response("OK", {
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "access-control-allow-methods": METHODS,
        "access-control-max-age": "600",
        ...(wanted === undefined ? {} : { "access-control-allow-headers": wanted }),
        ...others,
      },
    });
  }
  await next();
  for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
  return undefined;
};

/** The headers that an answer to this origin has under this host name. */
function createOriginHeaders(origin: string, host: string): Record<string, string> {
  const credentials = { "access-control-allow-credentials": "true" };
  const isLocalOrigin = origin === "null" || LOCAL_HOSTS.includes(readHostname(origin));
  if (LOCAL_HOSTS.includes(host) && !isLocalOrigin) return credentials;
  return { ...credentials, "access-control-allow-origin": origin, vary: "Origin" };
}

function readHostname(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : "";
}
