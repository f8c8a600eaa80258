import { isObject, type JsonObject } from "../forge-api/compare/difference.ts";
import { type Difference, differencesOf, showPlace } from "./compare/files.ts";
import type { Told } from "./oracle-files.ts";

/** The two runs that a difference is between. */
interface Runs {
  readonly generated: Told;
  readonly queued: Told;
}

/** A difference between Generate's run and the queue's that does no harm, and cannot be helped. */
export interface KnownDifference {
  /** Where it is, as the document says it. */
  readonly where: string;
  /** What differs, in a few words. */
  readonly what: string;
  /** Why Forge itself makes it so, with the file in which it does. */
  readonly because: string;
  /** Whether this difference, with exactly these values, is it. */
  readonly covers: (difference: Difference, runs: Runs) => boolean;
}

/** A field that has one value with Generate and another with the queue, always the same two. */
function field(name: string, generated: unknown, queued: unknown) {
  return (difference: Difference) =>
    showPlace(difference.place) === `fields.${name}` &&
    Object.is(difference.generated, generated) &&
    Object.is(difference.queued, queued);
}

const within = ({ place }: Difference, ...steps: string[]) =>
  steps.every((step, at) => place[at] === step);

const fieldOf = (run: Told, name: string) => (isObject(run.fields) ? run.fields[name] : undefined);

const CONTROLNET = "ControlNet";
/** The layers of which ControlNet makes a unit's mask. */
const UNIT_MASKS = ["mask_image", "mask_image_fg", "image_fg"];

/** A unit of ControlNet in a run, by the place of a difference within it. */
function unitOf(run: Told, { place }: Difference): JsonObject {
  const scripts = isObject(run.scripts) ? run.scripts : {};
  const units = scripts[CONTROLNET];
  const unit = Array.isArray(units) ? units[Number(place[2])] : undefined;
  return isObject(unit) ? unit : {};
}

const isInUnit = (difference: Difference) => within(difference, "scripts", CONTROLNET);
const drawnOn = (layer: unknown) =>
  isObject(layer) && layer.alpha !== "empty" ? layer.alpha : undefined;

/** Whether the mask that ControlNet makes of a unit's layers, in its order, is the one of a request. */
function isSameMask(unit: JsonObject, { mask_image: sent }: JsonObject): boolean {
  const { mask_image: given, mask_image_fg, image_fg } = unit;
  const above = drawnOn(mask_image_fg);
  const below = drawnOn(image_fg);
  if (!isObject(sent)) return above === undefined && !isObject(given) && below === undefined;
  if (above === undefined && isObject(given)) return given.on_white === sent.on_white;
  return (above ?? below) === sent.first_channel;
}

const HIRES_FIELD = /^fields\.(?:denoising_strength|hr_\w+)\b/;
const isText = (value: unknown) => typeof value === "string";

const INPAINT_FIELDS = [
  "fields.inpaint_full_res",
  "fields.inpaint_full_res_padding",
  "fields.inpainting_fill",
];
const BUILT_IN = ["Sampler", "Seed", "Refiner"];

/** `5.0` for `5`, in a text of parameters. */
const withoutZeros = (text: unknown) => String(text).replace(/(\d)\.0(?=[,\s]|$)/g, "$1");

/** All of them. A run in which one does not occur fails: then it is no difference any more. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    where: "fields.is_api",
    what: "absent with Generate, true with the queue",
    because: "`modules/api/api.py` sets it on every request; it only keeps the page's scripts out",
    covers: field("is_api", undefined, true),
  },
  {
    where: "fields.user",
    what: "who is signed in at Forge's page with Generate, absent with the queue",
    because: "`modules/txt2img.py` and `modules/img2img.py` note who pressed; a request has nobody",
    covers: field("user", null, undefined),
  },
  {
    where: "fields.force_task_id",
    what: "null with Generate, the agent's own with the queue",
    because:
      "a field of the request alone (`modules/api/models.py`); Generate's id stands beside the fields (`modules/call_queue.py`)",
    covers: (difference) =>
      showPlace(difference.place) === "fields.force_task_id" &&
      difference.generated === null &&
      typeof difference.queued === "string",
  },
  {
    where: "fields.do_not_save_samples, fields.do_not_save_grid",
    what: "false with Generate, true with the queue",
    because:
      "`modules/api/api.py` makes them of `save_images`: the queue keeps the pictures, not Forge's disk",
    covers: (difference) =>
      field("do_not_save_samples", false, true)(difference) ||
      field("do_not_save_grid", false, true)(difference),
  },
  {
    where: "fields.restore_faces, fields.tiling",
    what: "null with Generate, the option's value with the queue",
    because:
      "`modules/processing.py` takes a null from the options before it draws; what it then holds is equal, under `completed`",
    covers: ({ place, generated, queued }, runs) =>
      ["fields.restore_faces", "fields.tiling"].includes(showPlace(place)) &&
      generated === null &&
      isObject(runs.generated.completed) &&
      runs.generated.completed[place[1] ?? ""] === queued,
  },
  {
    where: "fields.override_settings",
    what: "what the server has chosen is absent with Generate, set with the queue",
    because:
      "the page writes checkpoint, modules, clip skip and all settings into the options themselves (`modules_forge/main_entry.py`); what is in force is equal, under `options` and `model`",
    covers: (difference, { generated, queued }) =>
      within(difference, "fields", "override_settings") &&
      difference.generated === undefined &&
      [
        ...differencesOf(generated.options, queued.options),
        ...differencesOf(generated.model, queued.model),
      ].length === 0,
  },
  {
    where: "fields.refiner_checkpoint",
    what: "the name in the page's list with Generate, the file's with its folder with the queue",
    because:
      "`modules/sd_models.py` finds a checkpoint by any of its names; the one that it finds is equal, under `completed`",
    covers: ({ place }, { generated, queued }) => {
      const [one, two] = [generated, queued].map(({ completed }) =>
        isObject(completed) ? completed.refiner_checkpoint : undefined,
      );
      return showPlace(place) === "fields.refiner_checkpoint" && isText(one) && one === two;
    },
  },
  {
    where: "fields.hr_*, fields.denoising_strength of txt2img",
    what: "with hires fix off: what its fold hides with Generate, defaults with the queue",
    because: "`modules/processing.py` looks at none of them unless `enable_hr` is true",
    covers: ({ place }, { generated, queued }) =>
      HIRES_FIELD.test(showPlace(place)) &&
      [generated, queued].every(
        (run) =>
          run.kind === "StableDiffusionProcessingTxt2Img" && fieldOf(run, "enable_hr") === false,
      ),
  },
  {
    where: "fields.inpaint_full_res, fields.inpaint_full_res_padding, fields.inpainting_fill",
    what: "img2img without a mask: the screen's values with Generate, defaults with the queue",
    because: "`modules/processing.py` looks at none of them unless there is a mask",
    covers: ({ place }, { generated, queued }) =>
      INPAINT_FIELDS.includes(showPlace(place)) &&
      [generated, queued].every((run) => fieldOf(run, "image_mask") === null),
  },
  {
    where: "fields.inpaint_full_res",
    what: "0 or 1 with Generate, false or true with the queue",
    because:
      "`modules/ui.py` hands over the place of a choice, `modules/api/models.py` a truth value; `modules/processing.py` only asks whether it is true",
    covers: ({ place, generated, queued }) =>
      showPlace(place) === "fields.inpaint_full_res" &&
      typeof queued === "boolean" &&
      generated === Number(queued),
  },
  {
    where: "fields.image_mask",
    what: "RGBA with Generate, grey with the queue",
    because:
      "`create_binary_mask` of `modules/processing.py` makes grey of both; size and grey of every pixel are equal",
    covers: ({ place }, { generated, queued }) => {
      const [one, two] = [fieldOf(generated, "image_mask"), fieldOf(queued, "image_mask")];
      return (
        ["fields.image_mask.mode", "fields.image_mask.bytes"].includes(showPlace(place)) &&
        isObject(one) &&
        isObject(two) &&
        one.colours === two.colours
      );
    },
  },
  {
    where: "scripts.Sampler, scripts.Seed, scripts.Refiner",
    what: "the screen's arguments with Generate, defaults with the queue",
    because:
      "`modules/scripts.py` does not call them for a request, whose fields carry the same (`modules/processing_scripts`)",
    covers: ({ place }) => place[0] === "scripts" && BUILT_IN.includes(place[1] ?? ""),
  },
  {
    where: "scripts of the list Script that are not chosen",
    what: "the screen's arguments with Generate, defaults with the queue",
    because: "`modules/scripts.py` runs the chosen one alone",
    covers: ({ place }, { generated, queued }) =>
      place[0] === "scripts" &&
      [generated, queued].every(
        ({ not_chosen }) => Array.isArray(not_chosen) && not_chosen.includes(place[1]),
      ),
  },
  {
    where: "scripts.ControlNet: mask_image, mask_image_fg, image_fg",
    what: "layers of two canvases with Generate, the one mask made of them with the queue",
    because:
      "a request has no layers (`from_dict` of `sd_forge_controlnet/lib_controlnet/external_code.py` reads two pictures only); the mask that `get_input_data` makes of them is equal",
    covers: (difference, { generated, queued }) =>
      isInUnit(difference) &&
      UNIT_MASKS.includes(difference.place[3] ?? "") &&
      isSameMask(unitOf(generated, difference), unitOf(queued, difference)),
  },
  {
    where: "infotexts",
    what: "`CFG scale: 5` with Generate, `CFG scale: 5.0` with the queue",
    because: "`modules/api/models.py` makes a fraction of each number of a request that can be one",
    covers: ({ place, generated, queued }) =>
      place[0] === "infotexts" && withoutZeros(generated) === withoutZeros(queued),
  },
];

/** Sorts what differs between two runs into what is known, by entry, and the rest. */
export function sortOut(
  generated: Told,
  queued: Told,
): { readonly unknown: readonly Difference[]; readonly met: ReadonlySet<KnownDifference> } {
  const met = new Set<KnownDifference>();
  const unknown = differencesOf(generated, queued).filter((difference) => {
    const known = KNOWN_DIFFERENCES.find(({ covers }) => covers(difference, { generated, queued }));
    if (known) met.add(known);
    return known === undefined;
  });
  return { unknown, met };
}
