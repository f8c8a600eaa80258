import { diffValues, isObject, type JsonObject } from "../forge-api/compare/difference.ts";
import { parsePythonJson } from "../forge-api/compare/python-json.ts";
import type { ForgeConnection } from "../forge-api/forge/connection.ts";
import { readOptions } from "./options.ts";
import { DIRECT, DIRECT_OVERRIDES } from "./rows/row.ts";

/**
 * A body by hand with its overrides, but for those that ask for what is so already. They do nothing, but Forge would
 * hold them from then on and give them back by itself: no leak could be seen any more (1.6.1).
 */
function withoutIdleOverrides(body: JsonObject, options: JsonObject): JsonObject {
  const own = isObject(body.override_settings) ? body.override_settings : {};
  const asked = { ...DIRECT_OVERRIDES, ...own };
  const effective = Object.entries(asked).filter(
    ([name, value]) => diffValues(value, options[name], name).length > 0,
  );
  return { ...body, override_settings: Object.fromEntries(effective) };
}

/** The results in an answer: what follows them has no infotext, and is a map or a mask (1.11). */
function resultsOf(answer: unknown): Buffer[] {
  if (!isObject(answer) || !Array.isArray(answer.images)) throw new Error("Forge gave no pictures");
  const info = parsePythonJson(String(answer.info));
  const { infotexts, index_of_first_image } = isObject(info) ? info : {};
  const count = Array.isArray(infotexts) ? infotexts.length : 0;
  if (index_of_first_image !== 0) throw new Error("Forge put a grid before the pictures");
  return answer.images.slice(0, count).map((image) => Buffer.from(String(image), "base64"));
}

/**
 * Asks Forge itself for a job, with the body that was written by hand, and gives back its results. Throws
 * what Forge says when it refuses. Its overrides may stay behind in Forge.
 */
export async function askDirectly(
  forge: ForgeConnection,
  fields: Readonly<Record<string, unknown>>,
): Promise<Buffer[]> {
  const body = withoutIdleOverrides({ ...DIRECT, ...fields }, await readOptions(forge));
  const route = Object.hasOwn(body, "init_images") ? "img2img" : "txt2img";
  return resultsOf(await forge.ask(`/sdapi/v1/${route}`, body));
}
