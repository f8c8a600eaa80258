import { type Catalogue, NEVER_QUEUED_SCRIPTS, type ResolvedParams } from "@mobilesd/contract";
import type { Failure } from "../failure/failure.ts";
import { describeMissing } from "./describe-missing.ts";
import { refusal } from "./refusal.ts";

type Script = Catalogue["scripts"][number];

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

/** Why a script that Forge has by this title would not run as asked; it may have it for the other kind of job. */
function describeUnfit(kind: string, title: string, params: ResolvedParams, others: string[]) {
  if (!others.includes(title.toLowerCase())) return describeMissing(kind, title, others);
  const job = params.img2img ? "img2img" : "txt2img";
  return `The ${kind} "${title}" of this server does not work with ${job}`;
}

function* checkSelectable(params: ResolvedParams, catalogue: Catalogue): Generator<Failure> {
  const { script } = params;
  // No server runs it, which says more than that this one does not have it.
  if (!script || NEVER_QUEUED_SCRIPTS.has(script.name.toLowerCase())) return;
  if (findScript(script.name, false, params, catalogue)) return;
  const others = titlesOf(false, catalogue);
  const message = describeUnfit("script", script.name, params, others);
  const owner = `If it is installed, add "${script.name.toLowerCase()}" to the agent's allowed_scripts`;
  yield refusal("missing_name", "script.name", message, owner);
}

function* checkAlwaysOn(params: ResolvedParams, catalogue: Catalogue): Generator<Failure> {
  for (const title of Object.keys(params.alwayson_scripts ?? {})) {
    if (findScript(title, true, params, catalogue)) continue;
    const others = titlesOf(true, catalogue);
    const message = describeUnfit("always-on script", title, params, others);
    yield refusal("missing_name", `alwayson_scripts.${title}`, message);
  }
}

/** Scripts that a job names and this Forge does not have, or not for this kind of job. */
export function* checkTitles(params: ResolvedParams, catalogue: Catalogue): Generator<Failure> {
  yield* checkSelectable(params, catalogue);
  yield* checkAlwaysOn(params, catalogue);
}
