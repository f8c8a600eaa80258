import {
  findProblems,
  hiresSize,
  hiresSizeAsked,
  type JobWarning,
  type ResolvedParams,
  type Size,
} from "@mobilesd/contract";
import type { Host } from "../../forge/host.ts";
import type { Picture } from "../../picture.ts";
import { findStyleProblem } from "./check-styles.ts";
import type { Failure } from "../failure/failure.ts";
import { checkPictures } from "./check-pictures.ts";
import { checkFormat, checkSettings } from "./check-settings.ts";
import { findMissingName, type HostNames, hostNamesOf } from "./host-names.ts";
import { refusal } from "./refusal.ts";
import { type HostScripts, hostScriptsOf } from "./script-args.ts";

/** What a job means on this host, found out before anything is sent. Names are in the host's own spelling. */
export interface Prepared extends HostNames {
  readonly scripts: HostScripts;
  /** Input pictures by upload id, as they are sent. */
  readonly pictures: ReadonlyMap<string, Picture>;
  /** Of the input picture of img2img: what is only repainted in part keeps it. */
  readonly inputSize: Size | null;
  readonly warnings: readonly JobWarning[];
}

/** A job that contradicts itself: Forge would drop a part of it. */
function checkSelf(params: ResolvedParams): Failure | null {
  const [problem] = findProblems(params);
  return problem ? refusal("invalid_job", problem.field, problem.message) : null;
}

/** Names of VAE and text encoders that are told to somebody who gave none: a box rarely has more. */
const MODULES_TOLD_MAX = 8;

/** Checkpoints of a job that bring no VAE or text encoders, where the job and the host name none either. */
async function checkModules(
  params: ResolvedParams,
  { checkpoints, modules }: HostNames,
  host: Host,
): Promise<Failure | null> {
  const own = host.options.own.forge_additional_modules;
  const main = modules.main ?? (Array.isArray(own) ? own : null);
  const second = params.hires?.modules ? modules.hires : main;
  const wanted = [
    [checkpoints.main, main, "modules"],
    [checkpoints.refiner, main, "modules"],
    [checkpoints.hires, second, params.hires?.modules ? "hires.modules" : "modules"],
  ] as const;
  for (const [checkpoint, named, field] of wanted) {
    if (checkpoint === null || named === null || named.length > 0) continue;
    if ((await host.needsModules(checkpoint)) !== true) continue;
    const has = host.catalogue.modules.slice(0, MODULES_TOLD_MAX).join(", ");
    const hint = has === "" ? "" : `. This server has ${has}`;
    const message = `The checkpoint "${checkpoint}" brings no VAE and text encoders of its own: name them as "modules"${hint}`;
    return refusal("modules_missing", field, message);
  }
  return null;
}

/** What is cut off a picture that hires fix makes, as Forge's sides are multiples of 8. */
function sizeWarnings(params: ResolvedParams): JobWarning[] {
  const { hires } = params;
  if (!hires) return [];
  const size = hiresSize(params, hires);
  if (!size.isCut) return [];
  const asked = hiresSizeAsked(params, hires);
  const wanted = `${asked.width}x${asked.height}`;
  const message = `Hires fix makes ${size.width}x${size.height} instead of ${wanted}: sides are multiples of 8.`;
  return [{ code: "size_rounded", field: "hires", message }];
}

export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Checks everything of a job that can be checked before anything is sent, so that what this Forge would get
 * wrong in silence never reaches its GPU; and says what the job means on this host. `pictures` by upload id.
 */
export async function prepare(
  params: ResolvedParams,
  checkpointName: string,
  host: Host,
  pictures: ReadonlyMap<string, Picture>,
): Promise<Preparation> {
  const { catalogue, options } = host;
  const wrong =
    checkSelf(params) ??
    findMissingName(params, checkpointName, catalogue) ??
    findStyleProblem(params, host) ??
    checkSettings(params, options) ??
    checkFormat(options);
  if (wrong) return { ok: false, failure: wrong };
  const names = hostNamesOf(params, checkpointName, catalogue);
  const needed = await checkModules(params, names, host);
  if (needed) return { ok: false, failure: needed };
  const checked = await checkPictures(params, pictures);
  if ("reason" in checked) return { ok: false, failure: checked };
  const scripts = hostScriptsOf(params, catalogue, checked.pictures);
  if ("reason" in scripts) return { ok: false, failure: scripts };
  return { ok: true, prepared: { ...names, ...checked, scripts, warnings: sizeWarnings(params) } };
}
