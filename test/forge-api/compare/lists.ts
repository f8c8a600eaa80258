import { diffValues, isObject, type JsonObject, tell } from "./difference.ts";
import { diffShapes, type ShapeRules, typeOf } from "./shape.ts";

type ListComparison = (expected: unknown, actual: unknown) => string[];

/** The host's own things differ from Forge to Forge: a list counts by its shape. */
function byShape(rules: ShapeRules): ListComparison {
  return (expected, actual) => diffShapes(expected, actual, "body", rules);
}

/** Adds that some names stand in the list, in this order: `pick` takes them out of a recorded list. */
function withNames(
  compare: ListComparison,
  read: (body: unknown) => string[],
  pick: (names: string[]) => string[] = (names) => names,
): ListComparison {
  return (expected, actual) => {
    const differences = compare(expected, actual);
    if (differences.length > 0) return differences;
    const fresh = read(actual);
    const wanted = pick(read(expected));
    const found = fresh.filter((name) => wanted.includes(name));
    return diffValues(wanted, found, "body (names in order)");
  };
}

const rows = (body: unknown) => (Array.isArray(body) ? body.filter(isObject) : []);
const namesOf = (body: unknown) => rows(body).map(({ name }) => String(name));

/** A field of an embedding is null or what its file says. */
const EMBEDDINGS = byShape({
  namedBy: ["loaded", "skipped"],
  orTypes: { step: ["number"], sd_checkpoint: ["text"], sd_checkpoint_name: ["text"] },
});

/** Names follow from the file's path, and a hash stands in the title once there is one. */
function diffCheckpoints(expected: unknown, actual: unknown): string[] {
  const orTypes = { hash: ["text", "null"], sha256: ["text", "null"], config: ["text"] };
  const differences = diffShapes(expected, actual, "body", { orTypes });
  if (differences.length > 0) return differences;
  return rows(actual).flatMap((row, index) => diffValues(deriveNames(row), row, `body[${index}]`));
}

function deriveNames(row: JsonObject): JsonObject {
  const name = String(row.title).replace(/ \[[0-9a-f]{10}\]$/, "");
  const hash = row.sha256 === null ? null : String(row.sha256).slice(0, 10);
  return {
    ...row,
    title: hash === null ? name : `${name} [${hash}]`,
    model_name: name.replace(/\.[^.]+$/, "").replaceAll(/[\\/]/g, "_"),
    hash,
    filename: String(row.filename).endsWith(name) ? row.filename : `a path to ${name}`,
  };
}

/** The recorded checkpoints of a Forge that hashes: which of them has a hash, in the title as well. */
export function diffHashedCheckpoints(expected: unknown, actual: unknown): string[] {
  const differences = diffCheckpoints(expected, actual);
  if (differences.length > 0) return differences;
  return rows(expected).flatMap(({ title, hash, sha256, filename }) => {
    const twin = rows(actual).find((row) => row.filename === filename);
    const found = { title: twin?.title, hash: twin?.hash, sha256: twin?.sha256 };
    return diffValues({ title, hash, sha256 }, found, `body (${filename})`);
  });
}

/** Only a CPU's answer is recorded: a card tells figures in place of the error (forge-reference 1.2). */
function diffMemory(expected: unknown, actual: unknown): string[] {
  const [recorded, fresh] = [expected, actual].map((body) => (isObject(body) ? body : {}));
  const differences = diffShapes({ ...recorded, cuda: null }, { ...fresh, cuda: null }, "body");
  const figures = isObject(fresh?.cuda) ? Object.keys(fresh.cuda).sort().join() : "";
  const isKnown =
    figures === "error" || figures === "active,allocated,events,inactive,reserved,system";
  return isKnown ? differences : [...differences, tell("body.cuda", recorded?.cuda, fresh?.cuda)];
}

/** An idle Forge keeps the figures of its last job; all else is at rest. */
function diffIdleProgress(expected: unknown, actual: unknown): string[] {
  return [
    ...diffShapes(expected, actual, "body"),
    ...diffValues(hideLastJob(expected), hideLastJob(actual), "body"),
  ];
}

function hideLastJob(body: unknown): unknown {
  if (!isObject(body) || !isObject(body.state)) return body;
  const { job_timestamp, job_no, sampling_steps, interrupted, ...state } = body.state;
  return { ...body, state };
}

/** Other options may be there as well: extensions bring their own. */
function diffOptions(expected: unknown, actual: unknown): string[] {
  const [recorded, fresh] = [expected, actual].map((body) => (isObject(body) ? body : {}));
  const known = Object.keys(recorded ?? {});
  const shared = Object.fromEntries(
    Object.entries(fresh ?? {}).filter(([name]) => known.includes(name)),
  );
  const orNull = { upscaler_for_img2img: ["text"], sd_checkpoint_hash: ["text"] };
  const lists = known.filter((name) => Array.isArray(recorded?.[name]));
  const entries = lists.map((name) => `${name}[]`);
  return diffShapes(recorded, shared, "body", { free: entries, orTypes: orNull });
}

/** Which flags there are; their values are how this Forge was started. */
function diffFlags(expected: unknown, actual: unknown): string[] {
  const [recorded, fresh] = [expected, actual].map((body) => (isObject(body) ? body : {}));
  return diffValues(
    Object.keys(recorded ?? {}).sort(),
    Object.keys(fresh ?? {}).sort(),
    "body (flags)",
  );
}

/** The scripts of every Forge, with the labels of their arguments in order and the types of these. */
function diffScriptInfo(expected: unknown, actual: unknown): string[] {
  return rows(expected).flatMap((script) => {
    const { name, is_img2img } = script;
    const twin = rows(actual).find((row) => row.name === name && row.is_img2img === is_img2img);
    if (!twin) return [`body: has no ${is_img2img ? "img2img" : "txt2img"} script ${name}`];
    return diffValues(outlineScript(script), outlineScript(twin), `body (${name})`);
  });
}

function outlineScript({ args, ...script }: JsonObject): unknown {
  // How many units ControlNet has is a setting of the host.
  const counted = script.name === "controlnet" ? rows(args).slice(0, 1) : rows(args);
  const outlines = counted.map(({ label, value, ...limits }) => ({
    label,
    value: isObject(value) ? Object.keys(value).sort() : typeOf(value),
    limits: Object.entries(limits).map(([key, limit]) => `${key}: ${typeOf(limit)}`),
  }));
  return { ...script, args: outlines };
}

function diffScripts(expected: unknown, actual: unknown): string[] {
  const differences = diffShapes(expected, actual, "body");
  if (differences.length > 0 || !isObject(expected) || !isObject(actual)) return differences;
  return Object.entries(expected).flatMap(([tab, titles]) => {
    const fresh = (actual[tab] as string[]).filter((title) => (titles as string[]).includes(title));
    return diffValues(titles, fresh, `body.${tab} (titles in order)`);
  });
}

/** The first entry of ControlNet's lists. */
const beginsWithNone = (key: string) => (body: unknown) =>
  isObject(body) && Array.isArray(body[key]) ? body[key].map(String) : [];

/** How each list is compared; what is not here is compared by value. */
export const LIST_COMPARISONS: Record<string, ListComparison> = {
  "/sdapi/v1/sd-models": diffCheckpoints,
  "/sdapi/v1/sd-modules": byShape({}),
  "/sdapi/v1/upscalers": withNames(
    byShape({ orTypes: { model_url: ["text"] } }),
    namesOf,
    (names) => names.slice(0, 3),
  ),
  "/sdapi/v1/loras": byShape({ free: ["metadata"] }),
  "/sdapi/v1/embeddings": EMBEDDINGS,
  "/sdapi/v1/prompt-styles": byShape({}),
  "/sdapi/v1/scripts": diffScripts,
  "/sdapi/v1/script-info": diffScriptInfo,
  "/sdapi/v1/options": diffOptions,
  "/sdapi/v1/cmd-flags": diffFlags,
  "/sdapi/v1/memory": diffMemory,
  "/sdapi/v1/progress": diffIdleProgress,
  "/controlnet/model_list": withNames(byShape({}), beginsWithNone("model_list"), (names) =>
    names.slice(0, 1),
  ),
  "/controlnet/module_list": withNames(byShape({}), beginsWithNone("module_list"), (names) =>
    names.slice(0, 1),
  ),
  "/controlnet/control_types": byShape({ namedBy: ["control_types"] }),
};
