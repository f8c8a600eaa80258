import {
  asUploadRef,
  type Catalogue,
  CONTROLNET_TITLE,
  type ControlNetUnit,
  controlNetUnits,
  LIMITS,
  type ResolvedParams,
} from "@mobilesd/contract";
import { type Picture, pictureOf } from "../../picture.ts";
import type { Failure } from "../failure/failure.ts";
import { refusal } from "./refusal.ts";
import { findScript } from "./script-titles.ts";

type Label = string | null;

/** Arguments in the host's order, or how they differ from what it takes. */
type Arranged<T> =
  | { readonly ok: true; readonly args: readonly T[] }
  | { readonly ok: false; readonly difference: string };

/** Forge gives an argument without a label an empty one, and lists keep only so much of a long one. */
const labelOf = (label: Label | undefined) => (label ?? "").slice(0, LIMITS.argLabelCharsMax);

const isDistinct = (labels: readonly string[]) =>
  !labels.includes("") && new Set(labels).size === labels.length;

const quoted = (label: string) => (label === "" ? "one without a label" : `"${label}"`);

function describe(asked: readonly string[], host: readonly string[]): string {
  const length = Math.max(asked.length, host.length);
  const at = Array.from({ length }).findIndex((_, index) => asked[index] !== host[index]);
  const [here, there] = [host[at], asked[at]];
  if (here === undefined) return `has no argument ${at + 1}, which was ${quoted(there ?? "")}`;
  if (there === undefined) return `has one more argument, ${quoted(here)}`;
  return `has ${quoted(here)} as its argument ${at + 1}, where the job has ${quoted(there)}`;
}

/**
 * A script's arguments in the order of this host. They go by position, so that a version with other ones
 * would read each as something else. The labels that the job was made with tell: they must be the host's,
 * its first ones where the rest may be left out, or the same ones in another order. Pure.
 */
export function arrangeArgs<T>(
  given: readonly T[],
  givenLabels: readonly Label[] | undefined,
  hostLabels: readonly Label[],
  isWholeNeeded: boolean,
): Arranged<T> {
  const host = hostLabels.map(labelOf);
  const isFit = isWholeNeeded ? given.length === host.length : given.length <= host.length;
  if (!givenLabels) {
    if (isFit) return { ok: true, args: given };
    return { ok: false, difference: `takes ${host.length} arguments, the job has ${given.length}` };
  }
  const asked = givenLabels.map(labelOf);
  if (isFit && asked.every((label, at) => label === host[at])) return { ok: true, args: given };
  const places = host.map((label) => asked.indexOf(label));
  const isReordered =
    asked.length === host.length && isDistinct(asked) && isDistinct(host) && !places.includes(-1);
  if (!isReordered) return { ok: false, difference: describe(asked, host) };
  return { ok: true, args: places.map((at) => given[at] as T) };
}

type Pictures = ReadonlyMap<string, Picture>;

/** A value of a script with its pictures in place of their upload ids. */
function withPictures(value: unknown, pictures: Pictures): unknown {
  const ref = asUploadRef(value);
  if (ref) return pictureOf(pictures, ref);
  if (Array.isArray(value)) return value.map((one) => withPictures(one, pictures));
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([key, one]) => [key, withPictures(one, pictures)]);
  return Object.fromEntries(inner);
}

/**
 * A unit of ControlNet as Forge's API takes it, field by field: it knows more fields, which read folders or
 * belong to its page. One that is switched off only keeps its place.
 */
function unitOf(unit: ControlNetUnit, pictures: Pictures): Record<string, unknown> {
  if (!unit.enabled) return { enabled: false };
  const { image, mask_image } = unit;
  return {
    enabled: true,
    module: unit.module,
    model: unit.model,
    weight: unit.weight,
    ...(image && { image: pictureOf(pictures, image) }),
    ...(mask_image && { mask_image: pictureOf(pictures, mask_image) }),
    resize_mode: unit.resize_mode,
    processor_res: unit.processor_res,
    threshold_a: unit.threshold_a,
    threshold_b: unit.threshold_b,
    guidance_start: unit.guidance_start,
    guidance_end: unit.guidance_end,
    pixel_perfect: unit.pixel_perfect,
    control_mode: unit.control_mode,
    hr_option: unit.hr_option,
    save_detected_map: unit.save_detected_map,
  };
}

/** A job's scripts as this host takes them. Pictures stand in their arguments as `Picture`. */
export interface HostScripts {
  readonly selectable: { readonly name: string; readonly args: readonly unknown[] } | null;
  readonly alwaysOn: Readonly<Record<string, { readonly args: readonly unknown[] }>>;
}

function changed(title: string, field: string, difference: string): Failure {
  const again = "Queue the job anew from this server, or update its extension";
  return refusal("script_changed", field, `"${title}" on this server ${difference}. ${again}`);
}

type Args = readonly unknown[];

function controlNetArgs(
  params: ResolvedParams,
  field: string,
  unitsMax: number,
  pictures: Pictures,
): Args | Failure {
  const units = controlNetUnits(params.alwayson_scripts);
  const used = units.slice(0, units.findLastIndex((unit) => unit.enabled) + 1);
  if (used.length <= unitsMax) return used.map((unit) => unitOf(unit, pictures));
  const message = `This server has ${unitsMax} ControlNet units, the job uses ${used.length}`;
  const owner = "More of them: Forge's settings, ControlNet, Multi-ControlNet unit number";
  return refusal("script_changed", field, message, owner);
}

function selectableOf(
  params: ResolvedParams,
  catalogue: Catalogue,
  pictures: Pictures,
): HostScripts["selectable"] | Failure {
  const { script } = params;
  const host = script && findScript(script.name, false, params, catalogue);
  if (!script || !host) return null;
  const arranged = arrangeArgs(script.args, script.arg_labels, host.arg_labels, true);
  if (!arranged.ok) return changed(script.name, "script.args", arranged.difference);
  return { name: host.name, args: arranged.args.map((arg) => withPictures(arg, pictures)) };
}

/**
 * A job's scripts with their arguments in this host's order, by names that `findMissingName` has found to be
 * there. `pictures` by upload id.
 */
export function hostScriptsOf(
  params: ResolvedParams,
  catalogue: Catalogue,
  pictures: Pictures,
): HostScripts | Failure {
  const selectable = selectableOf(params, catalogue, pictures);
  if (selectable && "reason" in selectable) return selectable;
  const alwaysOn: [string, { args: Args }][] = [];
  for (const [title, script] of Object.entries(params.alwayson_scripts ?? {})) {
    const host = findScript(title, true, params, catalogue);
    if (!host) continue;
    const field = `alwayson_scripts.${title}.args`;
    if (title.toLowerCase() === CONTROLNET_TITLE) {
      const args = controlNetArgs(params, field, host.arg_labels.length, pictures);
      if ("reason" in args) return args;
      alwaysOn.push([host.name, { args }]);
      continue;
    }
    const arranged = arrangeArgs(script.args, script.arg_labels, host.arg_labels, false);
    if (!arranged.ok) return changed(title, field, arranged.difference);
    const args = arranged.args.map((arg) => withPictures(arg, pictures));
    alwaysOn.push([host.name, { args }]);
  }
  return { selectable, alwaysOn: Object.fromEntries(alwaysOn) };
}
