import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type JsonObject } from "../forge-api/compare/difference.ts";
import { parsePythonJson } from "../forge-api/compare/python-json.ts";
import { until } from "../support/box/until.ts";

/**
 * What the oracle wrote about one generation: fields, scripts' arguments, options and model, before Forge
 * drew, and the texts of the results, `infotexts`.
 */
export type Told = JsonObject;

const BEGUN = /^\d+\.json$/;

/** How long a click may take to become a generation, a queued one included: a checkpoint may be loaded. */
const BEGIN_LIMIT_MS = 300_000;
const DRAW_LIMIT_MS = 900_000;

/** The generations that have begun so far, the oldest first. */
export const begunIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => BEGUN.test(name))
    .sort();

function readObject(path: string): JsonObject {
  const content = parsePythonJson(readFileSync(path, "utf8"));
  if (!isObject(content)) throw new Error(`${path} holds no dictionary`);
  return content;
}

/**
 * Waits for the one generation that begins after those of `before` and is over. `complain` may say why it will
 * never begin or end. Throws when two began.
 */
export async function waitForGeneration(
  folder: string,
  before: readonly string[],
  complain: () => Promise<string | null>,
): Promise<Told> {
  const fresh = () => begunIn(folder).filter((name) => !before.includes(name));
  const orComplaint = async (look: () => boolean) => {
    if (look()) return true;
    const complaint = await complain();
    if (complaint !== null && !look()) return complaint;
    return false;
  };
  const demand = async (what: string, look: () => boolean, limitMs: number) => {
    const found = await until(what, () => orComplaint(look), limitMs);
    if (typeof found === "string") throw new Error(found);
  };
  await demand("Forge begins to draw", () => fresh().length > 0, BEGIN_LIMIT_MS);
  const [name = ""] = fresh();
  const done = join(folder, name.replace(/\.json$/, ".done.json"));
  await demand("Forge has drawn", () => existsSync(done), DRAW_LIMIT_MS);
  if (fresh().length > 1) throw new Error("One click became two generations");
  return { ...readObject(join(folder, name)), ...readObject(done) };
}
