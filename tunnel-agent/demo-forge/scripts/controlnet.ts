import { createHash } from "node:crypto";
import { CONTROLNET_MODELS } from "../catalogue.ts";
import { HttpDetail, PythonError } from "../errors.ts";
import type { Extra } from "../infotext.ts";
import preprocessors from "../lists/controlnet-modules.json" with { type: "json" };
import type { Pixels } from "../picture/pixels.ts";
import { openPixels, readPixels } from "../picture/render.ts";
import { decodePicture } from "../sent-picture.ts";
import { drawMap } from "./control-map.ts";
import { type ControlUnit, describeUnit, readDrawnFields, readUnits } from "./controlnet-unit.ts";
import type { ScriptArguments } from "./find-scripts.ts";

/** What the units of one job do. */
export interface ControlNet {
  extra: Extra;
  /** Pictures behind the results, without a text: maps and masks. */
  maps: Pixels[];
  /** Differ whenever the units change the picture in another way; "" when none works. */
  summaries: { first: string; hires: string };
}

/** Where the maps of a job go. */
export interface ControlTarget {
  width: number;
  height: number;
  hires: { width: number; height: number } | null;
  /** What a unit of img2img without a picture of its own works on. */
  init: Pixels | null;
}

const RESIZE_MODES: Readonly<Record<string, "fill" | "cover" | "contain">> = {
  "0": "fill",
  "1": "cover",
  "2": "contain",
  "3": "fill",
  "Just Resize": "fill",
  "Crop and Resize": "cover",
  "Resize and Fill": "contain",
  "Inner Fit (Scale to Fit)": "cover",
  "Outer Fit (Shrink to Fit)": "contain",
  "Scale to Fit (Inner Fit)": "cover",
  "Envelope (Outer Fit)": "contain",
};

/** Preprocessors that work without a model. */
const MODEL_FREE = /^reference_|\(Revision/;

/** What a preprocessor makes of these is no picture: the map shows what was sent. */
const NOT_A_PICTURE = /\(IPAdapter\)|\(InstantID\)|\(Revision/;

/**
 * Runs ControlNet as Forge does: what goes wrong in a unit is written to the host's log only, the
 * units behind it are not run, the job goes on, and the infotext says that all of them took part.
 */
export async function runControlNet(
  given: ScriptArguments | undefined,
  target: ControlTarget,
  say: (line: string) => void,
): Promise<ControlNet> {
  const result: ControlNet = { extra: {}, maps: [], summaries: { first: "", hires: "" } };
  const units = readUnits(given);
  const pictures = units && (await decodeUnits(units));
  if (units === null || pictures === null) {
    say("ControlNet: an argument is no unit, or its picture cannot be read; it does nothing");
    return result;
  }
  for (const [index, unit] of units.entries()) {
    result.extra[`ControlNet ${index}`] = describeUnit(unit);
  }
  const working: { unit: ControlUnit; pictures: UnitPictures }[] = [];
  for (const [index, unit] of units.entries()) {
    const problem = await runUnit(unit, pictures[index] ?? NO_PICTURES, target, result.maps);
    if (problem !== null) {
      say(`ControlNet ${index}: ${problem}; it and those behind it do nothing`);
      break;
    }
    working.push({ unit, pictures: pictures[index] ?? NO_PICTURES });
  }
  const hasHires = target.hires !== null;
  const passesOf = (unit: ControlUnit) => readPasses(unit.hiresOption, hasHires);
  result.summaries = {
    first: summarize(working.filter(({ unit }) => passesOf(unit).low)),
    hires: summarize(working.filter(({ unit }) => passesOf(unit).high)),
  };
  return result;
}

interface UnitPictures {
  image: Pixels | null;
  mask: Pixels | null;
}

const NO_PICTURES: UnitPictures = { image: null, mask: null };

// One unreadable picture stops the script before it has written a line.
async function decodeUnits(units: ControlUnit[]): Promise<UnitPictures[] | null> {
  const decode = (text: unknown) => (typeof text === "string" ? decodePicture(text) : null);
  try {
    return await Promise.all(
      units.map(async ({ image, mask }) => ({
        image: await decode(image),
        mask: await decode(mask),
      })),
    );
  } catch (error) {
    if (error instanceof HttpDetail || error instanceof PythonError) return null;
    throw error;
  }
}

/** Adds the unit's maps and returns why it does nothing, null when it works. */
async function runUnit(
  unit: ControlUnit,
  { image, mask }: UnitPictures,
  target: ControlTarget,
  maps: Pixels[],
): Promise<string | null> {
  if (!preprocessors.includes(unit.module)) return `there is no preprocessor "${unit.module}"`;
  const mode = unit.fields.resize_mode ?? "Crop and Resize";
  const fit = RESIZE_MODES[String(mode)];
  if (fit === undefined) return `there is no resize mode "${mode}"`;
  const source = image ?? (unit.image === null ? target.init : null);
  if (source === null) return "it has no picture";
  if (image && source.data.every((value) => value < 5)) return "its picture is black";
  const { low, high } = readPasses(unit.hiresOption, target.hires !== null);
  const drawn = NOT_A_PICTURE.test(unit.module) ? null : await drawMap(unit.module, source);
  const add = async (picture: Pixels, size: { width: number; height: number } | null) => {
    if (!unit.savesMap) return;
    const { width, height } = size ?? picture;
    maps.push(await readPixels(openPixels(picture).resize(width, height, { fit })));
  };
  if (drawn === null) await add(source, null);
  else {
    if (low) await add(drawn, target);
    if (high && target.hires) await add(drawn, target.hires);
  }
  if (mask && low) await add(mask, target);
  if (mask && high && target.hires) await add(mask, target.hires);
  if (MODEL_FREE.test(unit.module)) return null;
  if (unit.model === "None") return "it has no model";
  return CONTROLNET_MODELS.includes(unit.model) ? null : `there is no model "${unit.model}"`;
}

function readPasses(option: string, hasHires: boolean): { low: boolean; high: boolean } {
  if (!hasHires) return { low: true, high: false };
  return { low: option !== "High res only", high: option !== "Low res only" };
}

function summarize(working: { unit: ControlUnit; pictures: UnitPictures }[]): string {
  const hash = (picture: Pixels | null) =>
    picture && createHash("sha256").update(picture.data).digest("hex");
  if (working.length === 0) return "";
  return JSON.stringify(
    working.map(({ unit, pictures }) => [
      readDrawnFields(unit),
      hash(pictures.image),
      hash(pictures.mask),
    ]),
  );
}
