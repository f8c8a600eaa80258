import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const FOLDER = fileURLToPath(new URL("../../../../test/forge-api/recordings/", import.meta.url));

const Exchange = z.object({
  request: z.object({ body: z.unknown().optional() }),
  response: z.object({ status: z.number(), body: z.unknown().optional() }),
});

/** What a real Forge answered to one request, and that request. `name` is like "generate/hires". */
export function recorded(name: string): {
  readonly sent: unknown;
  readonly status: number;
  readonly body: unknown;
} {
  const text = readFileSync(`${FOLDER}${name}.json`, "utf8");
  const { request, response } = Exchange.parse(JSON.parse(text));
  return { sent: request.body, status: response.status, body: response.body };
}

/** Every recorded answer that is an error, by name. */
export function recordedRefusals(): [name: string, { status: number; body: unknown }][] {
  return globSync("{generate,img2img,errors,auth,lists}/*.json", { cwd: FOLDER })
    .map((path) => path.replaceAll("\\", "/").replace(/\.json$/, ""))
    .sort()
    .map((name): [string, { status: number; body: unknown }] => [name, recorded(name)])
    .filter(([, { status }]) => status >= 400);
}
