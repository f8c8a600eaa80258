import { HttpDetail, PythonError } from "../errors.ts";
import type { Phase } from "../forge.ts";
import scriptInfo from "../lists/script-info.json" with { type: "json" };
import type { GenerationRequest } from "../plan.ts";

type ScriptInfo = (typeof scriptInfo)[number];

/** The scripts of one request with the arguments that they will be given. */
export interface ChosenScripts {
  /** Lower-case title and arguments of the selectable script, null without one. */
  selected: { name: string; args: unknown[] } | null;
  /** By lower-case title, the always-on scripts that the request names. */
  alwaysOn: Map<string, ScriptArguments>;
}

/** What an always-on script gets. */
export interface ScriptArguments {
  values: unknown[];
  /** The first so many come from the request, the others are the script's defaults. */
  givenCount: number;
}

/**
 * Finds a request's scripts as Forge does before the lock. Throws HttpDetail 422 for unknown ones,
 * and the IndexError that any always-on script causes while the extensions are still loading.
 */
export function findScripts({ kind, body }: GenerationRequest, phase: Phase): ChosenScripts {
  const scripts = scriptInfo.filter((script) => script.is_img2img === (kind === "img2img"));
  const selected = body.script_name
    ? selectScript(scripts, body.script_name, body.script_args)
    : null;
  const alwaysOn = new Map<string, ScriptArguments>();
  for (const [title, given] of Object.entries(body.alwayson_scripts)) {
    const script = findByTitle(scripts, title);
    if (!script) throw createUnknownError(title);
    if (!script.is_alwayson) {
      const detail = "Cannot have a selectable script in the always on scripts params";
      throw new HttpDetail(422, detail);
    }
    alwaysOn.set(script.name, fillArguments(script, given));
  }
  if (alwaysOn.size > 0 && phase !== "ready") {
    throw new PythonError("IndexError", "list assignment index out of range");
  }
  return { selected, alwaysOn };
}

/**
 * What a selectable script gets: its place among the arguments of all of them is overwritten with
 * a list of any length, so that a short one shifts in the values of the scripts behind it.
 */
function selectScript(scripts: ScriptInfo[], title: string, given: unknown[]) {
  const selectable = scripts.filter((script) => !script.is_alwayson);
  const index = selectable.findIndex((script) => script.name === title.toLowerCase());
  const script = selectable[index];
  if (!script) throw createUnknownError(title);
  const defaults = selectable.map(listDefaults);
  const from = defaults.slice(0, index).flat().length;
  const all = defaults.flat();
  all.splice(from, script.args.length, ...given);
  return { name: script.name, args: all.slice(from, from + script.args.length) };
}

// Missing ones keep their defaults, too many are cut, and what is no dictionary counts as none.
function fillArguments(script: ScriptInfo, given: unknown): ScriptArguments {
  const isDictionary = typeof given === "object" && given !== null && !Array.isArray(given);
  const args = isDictionary && "args" in given && Array.isArray(given.args) ? given.args : [];
  const defaults = listDefaults(script);
  const values = [...args.slice(0, defaults.length), ...defaults.slice(args.length)];
  return { values, givenCount: Math.min(args.length, defaults.length) };
}

function listDefaults(script: ScriptInfo): unknown[] {
  return script.args.map((argument) => argument.value);
}

function findByTitle(scripts: ScriptInfo[], title: string): ScriptInfo | undefined {
  return scripts.find((script) => script.name === title.toLowerCase());
}

function createUnknownError(title: string): HttpDetail {
  return new HttpDetail(422, `Script '${title}' not found`);
}
