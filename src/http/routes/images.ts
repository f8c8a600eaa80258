import { ROUTES } from "@mobilesd/contract";
import type { Hono } from "hono";
import { type ImageKind, isValidImageSignature } from "../../domain/image-url.ts";
import { findNamedImage } from "../../services/images/open-image.ts";
import { readObject } from "../../services/images/read-object.ts";
import { type Call, type HttpEnv, mount, requireActor } from "../mount.ts";

/** A picture never changes under its name, so a browser may keep it as long as its URL holds. */
const CACHE_CONTROL = "private, max-age=172800, immutable";

/** Headers under which even hostile bytes stay a picture. */
const SAFE_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; sandbox",
  // Forge's own page shows them by <img>, from another origin.
  "Cross-Origin-Resource-Policy": "cross-origin",
};

function serve(kind: ImageKind) {
  return async ({ ctx, params, c }: Call<"downloadImage"> | Call<"previewImage">) => {
    const { expires, signature } = c.req.query();
    const { urlSigningKey } = ctx.settings;
    const query = { expires, signature };
    const isSigned = isValidImageSignature(kind, params.name, query, ctx.clock(), urlSigningKey);
    const actor = isSigned ? null : await requireActor(c, ctx, ROUTES.downloadImage);
    const image = await findNamedImage(ctx, kind, params.name, actor);
    const { status, headers, body } = await readObject(ctx, image.key, {
      range: c.req.header("range") ?? null,
      ifRange: c.req.header("if-range") ?? null,
      ifNoneMatch: c.req.header("if-none-match") ?? null,
    });
    return new Response(body, {
      status,
      headers: {
        ...SAFE_HEADERS,
        ...headers,
        "Content-Type": image.mime,
        "Cache-Control": CACHE_CONTROL,
        "Content-Disposition": `inline; filename="${image.name}"`,
      },
    });
  };
}

export function mountImages(app: Hono<HttpEnv>): void {
  mount(app, "previewImage", serve("preview"));
  mount(app, "downloadImage", serve("download"));
}
