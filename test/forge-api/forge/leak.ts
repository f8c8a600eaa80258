import { isObject, type JsonObject, mapTexts } from "../compare/difference.ts";
import { type Answer, loadExchange, type RecordedRequest } from "../recording.ts";
import type { ForgeConnection } from "./connection.ts";
import { drawOne } from "./lab.ts";

/** Options that change no picture, with a value that nobody is likely to have. */
const HARMLESS: [name: string, value: string][] = [
  ["grid_background_color", "#010203"],
  ["grid_text_active_color", "#010203"],
  ["grid_text_inactive_color", "#010203"],
  ["img2img_sketch_default_brush_color", "#010203"],
  ["img2img_inpaint_mask_brush_color", "#010203"],
  ["img2img_inpaint_sketch_default_brush_color", "#010203"],
  ["gallery_height", "123px"],
  ["profiling_filename", "forge-api.json"],
  ["api_useragent", "forge-api"],
  ["deepbooru_filter_tags", "forge-api"],
  ["dataset_filename_join_string", "_"],
  ["grid_zip_filename_pattern", "forge-api"],
];

/** An override that stayed in force after its job, and what the Forge answered. */
export interface Leak {
  /** The recorded option and its value, each with the one that stayed here. */
  names: [recorded: string, fresh: string][];
  job: Answer;
  options: Answer;
}

/**
 * Overrides harmless options one after the other until one stays in force, as it does when config.json
 * does not hold it (surprise 2). The option is put back by an override that stays. Null when each of them
 * is stored: a Forge remembers, so that the same option leaks only once in its life.
 */
export async function findLeak(forge: ForgeConnection, before: JsonObject): Promise<Leak | null> {
  const recorded = loadExchange("generate/override_leak_absent").request;
  for (const [name, value] of HARMLESS) {
    if (typeof before[name] !== "string" || before[name] === value) continue;
    const names: Leak["names"] = [
      ["grid_format", name],
      ["webp", value],
    ];
    const rename = (text: string) => new Map(names).get(text) ?? text;
    const job = await forge.send(mapTexts(recorded, rename) as RecordedRequest);
    const options = await forge.send({ method: "GET", path: "/sdapi/v1/options" });
    if (isObject(options.body) && options.body[name] === value) {
      await drawOne(forge, {
        override_settings: { [name]: before[name] },
        override_settings_restore_afterwards: false,
      });
      return { names, job, options };
    }
  }
  return null;
}
