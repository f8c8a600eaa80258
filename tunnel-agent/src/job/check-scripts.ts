import { controlNetUnits, type JobWarning } from "@mobilesd/contract";
import type { Asked, Evidence } from "./asked.ts";
import { type Failure, failure, notAsAsked } from "./failure.ts";
import type { InfotextLine } from "./infotext.ts";

const FIELD = "alwayson_scripts";

const hasKey = (lines: readonly InfotextLine[], isMeant: (key: string) => boolean) =>
  lines.every((line) => [...line.keys()].some(isMeant));

function enabledUnits({ params }: Asked) {
  return controlNetUnits(params.alwayson_scripts).filter(({ enabled }) => enabled);
}

/**
 * How many control maps the answer must hold at least. A unit's map is handed out before its model works
 * (controlnet.py `process_unit_after_click_generate`), so that a missing one proves that the unit failed;
 * a unit for the second pass alone has none where its preprocessor makes no picture.
 */
function mapsExpected(asked: Asked): number {
  const hasHires = asked.params.hires !== undefined;
  return enabledUnits(asked).filter(
    ({ save_detected_map, hr_option }) =>
      save_detected_map && !(hasHires && hr_option === "High res only"),
  ).length;
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

/** Whether ADetailer's arguments switch it on: whole, for this kind of job, and with a model. */
function isDetailing({ params }: Asked): boolean {
  const entries = Object.entries(params.alwayson_scripts ?? {});
  const found = entries.find(([title]) => title.toLowerCase() === "adetailer");
  const args = found?.[1].args ?? [];
  const [isOn, isSkippedInImg2Img] = args;
  if (isOn !== true || (isSkippedInImg2Img === true && params.img2img)) return false;
  return args.some(
    (unit) => isRecord(unit) && typeof unit.ad_model === "string" && unit.ad_model !== "None",
  );
}

/**
 * The key that a script of Forge itself writes into the infotext when it works (extensions-builtin), by its
 * title in lower case. One that cannot read its arguments, or does not fit the model, does nothing instead.
 */
const SIGNS: Readonly<Record<string, string>> = {
  "dynamicthresholding (cfg-fix) integrated": "dynthres_enabled",
  "freeu integrated (sd 1.x, sd 2.x, sdxl)": "freeu_enabled",
  "kohya hrfix integrated": "kohya_hrfix_enabled",
  "latentmodifier integrated": "latent_modifier_enabled",
  "multidiffusion integrated": "multidiffusion_enabled",
  "perturbedattentionguidance integrated": "pagi_enabled",
  "selfattentionguidance integrated (sd 1.x, sd 2.x, sdxl)": "sag_enabled",
  "stylealign integrated": "stylealign_enabled",
  "soft inpainting": "Soft inpainting enabled",
};

function silent(title: string): JobWarning {
  const message = `${title} was switched on, but nothing in the picture says that it worked: its values may be none that it understands, or it does not go with this model or job.`;
  return { code: "script_silent", message, field: `${FIELD}.${title}` };
}

/** Scripts that were switched on and left no trace in the infotexts. */
export function silentScripts({ asked, lines }: Evidence): JobWarning[] {
  const silentOnes = Object.entries(asked.params.alwayson_scripts ?? {})
    .filter(([title, { args }]) => {
      const sign = SIGNS[title.toLowerCase()];
      return sign !== undefined && args[0] === true && !hasKey(lines, (key) => key === sign);
    })
    .map(([title]) => silent(title));
  if (!isDetailing(asked) || hasKey(lines, (key) => key.startsWith("ADetailer"))) return silentOnes;
  const message =
    "ADetailer was switched on, but nothing in the picture says that it ran: see whether faces and hands are as you like them.";
  return [...silentOnes, { code: "script_silent", message, field: FIELD }];
}
