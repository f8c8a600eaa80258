import {
  ADETAILER_TITLE,
  type ControlNetUnit,
  controlNetUnits,
  type JobWarning,
  SCRIPT_SIGNS,
} from "@mobilesd/contract";
import { type Failure, failure, notAsAsked } from "../failure/failure.ts";
import type { Asked, Evidence } from "./asked.ts";
import type { InfotextLine } from "./infotext.ts";

const FIELD = "alwayson_scripts";

const hasKey = (lines: readonly InfotextLine[], isMeant: (key: string) => boolean) =>
  lines.every((line) => [...line.keys()].some(isMeant));

function enabledUnits({ params }: Asked) {
  return controlNetUnits(params.alwayson_scripts).filter(({ enabled }) => enabled);
}

/**
 * Forge's own preprocessors that make a picture. Those for IP-Adapter, InstantID and Revision make none, and
 * of one that an extension brings nobody knows.
 */
const MAKES_PICTURE =
  /^(?:None$|animal_openpose|blur_|canny|densepose|depth_|dw_openpose|inpaint_|instant_id_face_keypoints|invert|lineart_|mediapipe_face|mlsd|normal|openpose|recolor_|reference_|scribble_|seg_|shuffle|softedge_|t2ia_color_grid|t2ia_sketch_pidi|threshold|tile_)/;

/** The fewest pictures that a working unit hands out (controlnet.py `attach_extra_result_image`). */
function fewestMaps(unit: ControlNetUnit, hasHires: boolean): number {
  if (!unit.save_detected_map) return 0;
  const first = hasHires && unit.hr_option === "High res only" ? 0 : 1;
  const second = hasHires && unit.hr_option !== "Low res only" ? 1 : 0;
  // What is no picture is told by the input picture, and in the first pass alone.
  const maps = MAKES_PICTURE.test(unit.module) ? first + second : first;
  // Without a picture of its own a unit takes the job's, and the job's mask with it.
  const hasMask = unit.image !== undefined && unit.mask_image !== undefined;
  return hasMask ? maps + first + second : maps;
}

/**
 * How many control maps the answer must hold at least. A unit's maps are handed out before its model works
 * (controlnet.py `process_unit_after_click_generate`), so that a missing one proves that a unit failed.
 */
function mapsExpected(asked: Asked): number {
  const hasHires = asked.params.hires !== undefined;
  return enabledUnits(asked).reduce((sum, unit) => sum + fewestMaps(unit, hasHires), 0);
}

/**
 * What the answer proves of ControlNet. Its line in the infotext is there whether it worked or not
 * (forge-reference 1.13), so a missing one says that it did not run at all. Null: nothing speaks against it.
 */
export function checkControlNet(evidence: Evidence): Failure | null {
  const { asked, lines, otherCount } = evidence;
  for (const [at] of enabledUnits(asked).entries()) {
    if (hasKey(lines, (key) => key === `ControlNet ${at}`)) continue;
    return notAsAsked(FIELD, "ControlNet did not run: the server may have lost the extension.");
  }
  // Scripts of the page's list hand on their own pictures only.
  if (asked.params.script || otherCount >= mapsExpected(asked)) return null;
  const message = `ControlNet could prepare ${otherCount} of ${mapsExpected(asked)} pictures, and worked without the rest.`;
  return failure("infra", "not_as_asked", message, {
    field: FIELD,
    ownerMessage: "Forge's console shows which preprocessor failed, and why.",
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Whether ADetailer's arguments switch it on: whole, for this kind of job, and with a model. The two switches
 * before its units may be left out (its `is_ad_enabled`).
 */
function isDetailing({ params }: Asked): boolean {
  const entries = Object.entries(params.alwayson_scripts ?? {});
  const found = entries.find(([title]) => title.toLowerCase() === ADETAILER_TITLE);
  const args = found?.[1].args ?? [];
  const [isOn, isSkippedInImg2Img] = args;
  if (isOn === false || (isSkippedInImg2Img === true && params.img2img)) return false;
  return args.some(
    (unit) => isRecord(unit) && typeof unit.ad_model === "string" && unit.ad_model !== "None",
  );
}

function silent(title: string): JobWarning {
  const message = `${title} was switched on, but nothing in the picture says that it worked: its values may be none that it understands, or it does not go with this model or job.`;
  return { code: "script_silent", message, field: `${FIELD}.${title}` };
}

/** Scripts that were switched on and left no trace in the infotexts. */
export function silentScripts({ asked, lines }: Evidence): JobWarning[] {
  const silentOnes = Object.entries(asked.params.alwayson_scripts ?? {})
    .filter(([title, { args }]) => {
      const sign = SCRIPT_SIGNS[title.toLowerCase()];
      return sign !== undefined && args[0] === true && !hasKey(lines, (key) => key === sign);
    })
    .map(([title]) => silent(title));
  if (!isDetailing(asked) || hasKey(lines, (key) => key.startsWith("ADetailer"))) return silentOnes;
  const message =
    "ADetailer was switched on, but nothing in the picture says that it ran: see whether faces and hands are as you like them.";
  return [...silentOnes, { code: "script_silent", message, field: FIELD }];
}
