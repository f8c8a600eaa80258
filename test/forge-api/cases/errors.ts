import type { RecordedRequest } from "../recording.ts";
import type { Session } from "../session.ts";
import { exchange, type Group } from "./case.ts";

const MANNERS = [
  "not_found",
  "get_txt2img",
  "delete_options",
  "head_options",
  "slash",
  "internal_get",
  "no_content_type",
  "form",
  "bad_utf8",
  "gzip",
];

const ORIGINS = ["foreign", "local", "null", "foreign_host"];

/** Wrong methods, bodies and paths, and compression. */
export const ERRORS: Group = {
  name: "errors",
  needs: ["page"],
  cases: MANNERS.map((name) => exchange(`errors/${name}`)),
};

/** What a page of another origin is told. */
export const CORS: Group = {
  name: "errors: other origins",
  needs: ["page"],
  cases: ["sdapi", "internal", "preflight"].flatMap((kind) =>
    ORIGINS.map((origin) => exchange(`errors/cors_${kind}_${origin}`, { change: keepLocalHost })),
  ),
};

// Which origins pass is decided by the name under which Forge is asked: recorded were local ones.
function keepLocalHost(request: RecordedRequest, { forge }: Session): RecordedRequest {
  const { port } = new URL(forge.url);
  return { ...request, headers: { Host: `127.0.0.1:${port}`, ...request.headers } };
}
