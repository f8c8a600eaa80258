import type { Catalogue, ResolvedParams } from "@mobilesd/contract";
import { describeMissing } from "./describe-missing.ts";
import type { Failure } from "./failure.ts";
import { refusal } from "./refusal.ts";

type Script = Catalogue["scripts"][number];

/** Runs many generations in one: neither their time nor their number can be told. */
const NEVER_QUEUED = "x/y/z plot";
/** Forge's page fills fields of the request with these; over the API their arguments do nothing (1.6.2). */
const FOR_THE_PAGE_ONLY = new Set(["sampler", "seed", "refiner"]);

/**
 * The script of this title, in either case, that Forge runs for this kind of job. Two of one title: Forge
 * takes the first.
 */
export function findScript(
  title: string,
  isAlwayson: boolean,
  params: Pick<ResolvedParams, "img2img">,
  { scripts }: Pick<Catalogue, "scripts">,
): Script | undefined {
  const isImg2img = params.img2img !== undefined;
  const name = title.toLowerCase();
  return scripts.find(
    (one) =>
      one.name.toLowerCase() === name &&
      one.is_alwayson === isAlwayson &&
      one.is_img2img === isImg2img,
  );
}

function titlesOf(isAlwayson: boolean, { scripts }: Catalogue): string[] {
  const names = scripts.filter((one) => one.is_alwayson === isAlwayson).map((one) => one.name);
  return [...new Set(names)];
}

function kindOf({ img2img }: ResolvedParams): string {
  return img2img ? "img2img" : "txt2img";
}

function* selectable(params: ResolvedParams, catalogue: Catalogue): Generator<Failure> {
  const { script } = params;
  if (!script || findScript(script.name, false, params, catalogue)) return;
  const name = script.name.toLowerCase();
  const field = "script.name";
  if (name === NEVER_QUEUED) {
    const message = "X/Y/Z plot is never queued: queue its pictures as jobs of their own";
    yield refusal("invalid_job", field, message);
    return;
  }
  const others = titlesOf(false, catalogue);
  if (others.includes(name)) {
    const message = `The script "${script.name}" does not work with ${kindOf(params)}`;
    yield refusal("invalid_job", field, message);
    return;
  }
  const message = `${describeMissing("script", script.name, others)}, or its owner does not let the queue run it`;
  const owner = `To allow it, add "${name}" to the scripts that the agent may run`;
  yield refusal("missing_name", field, message, owner);
}

function* alwaysOn(params: ResolvedParams, catalogue: Catalogue): Generator<Failure> {
  for (const title of Object.keys(params.alwayson_scripts ?? {})) {
    const field = `alwayson_scripts.${title}`;
    if (FOR_THE_PAGE_ONLY.has(title.toLowerCase())) {
      const message = `Forge ignores the arguments of "${title}" in a job: use the fields of generation_params`;
      yield refusal("invalid_job", field, message);
    } else if (!findScript(title, true, params, catalogue)) {
      const others = titlesOf(true, catalogue);
      const message = others.includes(title.toLowerCase())
        ? `The script "${title}" does not work with ${kindOf(params)}`
        : describeMissing("always-on script", title, others);
      yield refusal("missing_name", field, message);
    }
  }
}

/** Scripts that a job names and this Forge would not run as asked. */
export function* checkTitles(params: ResolvedParams, catalogue: Catalogue): Generator<Failure> {
  yield* selectable(params, catalogue);
  yield* alwaysOn(params, catalogue);
}
