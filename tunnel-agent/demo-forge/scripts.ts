import { HttpDetail, PythonError } from "./errors.ts";
import type { Forge } from "./forge.ts";
import scriptInfo from "./lists/script-info.json" with { type: "json" };
import type { GenerationRequest } from "./plan.ts";

/**
 * Checks script names as Forge does before the lock. Throws HttpDetail 422 for unknown ones, and
 * the IndexError that any always-on script causes while the extensions are still loading.
 * The scripts themselves do nothing here, like one that fails inside Forge: 200, the plain picture.
 */
export function checkScripts(forge: Forge, { kind, body }: GenerationRequest): void {
  const scripts = scriptInfo.filter((script) => script.is_img2img === (kind === "img2img"));
  const find = (title: string) => scripts.find((script) => script.name === title.toLowerCase());
  if (body.script_name) {
    const script = find(body.script_name);
    if (!script || script.is_alwayson) throw createUnknownError(body.script_name);
  }
  const alwaysOn = Object.keys(body.alwayson_scripts);
  for (const title of alwaysOn) {
    const script = find(title);
    if (!script) throw createUnknownError(title);
    if (!script.is_alwayson) {
      const detail = "Cannot have a selectable script in the always on scripts params";
      throw new HttpDetail(422, detail);
    }
  }
  if (alwaysOn.length > 0 && forge.phase !== "ready") {
    throw new PythonError("IndexError", "list assignment index out of range");
  }
}

function createUnknownError(title: string): HttpDetail {
  return new HttpDetail(422, `Script '${title}' not found`);
}
