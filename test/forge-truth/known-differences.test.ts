import { expect, it } from "vitest";
import { showPlace } from "./compare/files.ts";
import { sortOut } from "./known-differences.ts";
import type { Told } from "./oracle-files.ts";

const FIELDS = {
  steps: 2,
  enable_hr: false,
  hr_cfg: 7,
  denoising_strength: 0.7,
  user: null,
  tiling: null,
  do_not_save_samples: false,
  override_settings: {},
};

/** What Generate ran: a small part of a real file of the oracle. */
const GENERATED: Told = {
  kind: "StableDiffusionProcessingTxt2Img",
  fields: FIELDS,
  scripts: { Sampler: [2, "Euler"], "X/Y/Z plot": [1], FreeU: [false, 1.3] },
  not_chosen: ["X/Y/Z plot"],
  options: { CLIP_stop_at_last_layers: 2 },
  model: { checkpoint: "a.safetensors" },
  completed: { tiling: false },
  infotexts: ["a cube\nSteps: 2, CFG scale: 5, Size: 64x64"],
};

/** The same job as a request: every known difference of txt2img is in it. */
const QUEUED: Told = {
  ...GENERATED,
  fields: {
    steps: 2,
    enable_hr: false,
    hr_cfg: 1,
    denoising_strength: null,
    is_api: true,
    tiling: false,
    do_not_save_samples: true,
    force_task_id: "task(mobilesd-1)",
    override_settings: { CLIP_stop_at_last_layers: 2 },
  },
  scripts: { Sampler: [20, "DPM++ 2M"], "X/Y/Z plot": ["Seed"], FreeU: [false, 1.3] },
  infotexts: ["a cube\nSteps: 2, CFG scale: 5.0, Size: 64x64"],
};

const queuedFields = QUEUED.fields as Record<string, unknown>;

const unknownPlaces = (generated: Told, queued: Told) =>
  sortOut(generated, queued).unknown.map(({ place }) => showPlace(place));

it("a request that asks for what stood on the screen has known differences only", () => {
  const generated = { ...GENERATED, fields: { ...FIELDS, force_task_id: null } };
  expect(unknownPlaces(generated, QUEUED)).toEqual([]);
});

it.each<[string, Partial<Told>]>([
  ["fields.steps", { fields: { ...queuedFields, steps: 3 } }],
  ["fields.tiling", { fields: { ...queuedFields, tiling: true } }],
  ["fields.is_api", { fields: { ...queuedFields, is_api: false } }],
  ["scripts.FreeU[1]", { scripts: { Sampler: [20], "X/Y/Z plot": [1], FreeU: [false, 1.4] } }],
  ["infotexts[0]", { infotexts: ["a cube\nSteps: 2, CFG scale: 5.5, Size: 64x64"] }],
  ["infotexts[1]", { infotexts: ["a cube\nSteps: 2, CFG scale: 5, Size: 64x64", "another"] }],
  ["model.checkpoint", { model: { checkpoint: "b.safetensors" } }],
  ["selectable_script", { selectable_script: 1 }],
])("%s that is not as with Generate is found out", (place, change) => {
  const generated = { ...GENERATED, fields: { ...FIELDS, force_task_id: null } };
  expect(unknownPlaces(generated, { ...QUEUED, ...change })).toContain(place);
});

it("what is in force decides whether an override counts as known", () => {
  const generated = { ...GENERATED, fields: { ...FIELDS, force_task_id: null } };
  const places = unknownPlaces(generated, { ...QUEUED, options: {} });
  expect(places).toEqual([
    "fields.override_settings.CLIP_stop_at_last_layers",
    "options.CLIP_stop_at_last_layers",
  ]);
});

it("hires fields count as soon as hires fix is on", () => {
  const generated = {
    ...GENERATED,
    fields: { ...FIELDS, enable_hr: true, force_task_id: null },
  };
  const queued = { ...QUEUED, fields: { ...queuedFields, enable_hr: true } };
  expect(unknownPlaces(generated, queued)).toEqual(["fields.hr_cfg", "fields.denoising_strength"]);
});

const SHARED = { enabled: true, module: "reference_only", weight: 1 };
const LAYER = { shape: [64, 96, 4], type: "uint8", bytes: "b1" };
const BLANK = { ...LAYER, on_white: "w0", alpha: "empty" };
const SENT = { shape: [64, 96, 3], type: "uint8", bytes: "b2", first_channel: "f1" };
const GREY = { shape: [64, 96], type: "uint8", bytes: "p1", on_white: "g1", first_channel: "p1" };
const CANVAS = { ...LAYER, on_white: "w1", alpha: "full" };
const PAINTED = { ...LAYER, on_white: "w2", alpha: "p1" };

/** One unit of ControlNet in both runs, and the places where they differ unknown. */
function unknownInUnit(generated: object, queued: object): string[] {
  const run = (unit: object): Told => ({ scripts: { ControlNet: [{ ...SHARED, ...unit }] } });
  return unknownPlaces(run(generated), run(queued));
}

const NOTHING = { image_fg: null, mask_image: null, mask_image_fg: null };
const SENT_IMAGE = { ...NOTHING, image: CANVAS };
const SHOWN = { image: CANVAS, image_fg: BLANK, mask_image: null, mask_image_fg: null };

it.each<[string, object, object]>([
  ["the picture alone", SHOWN, SENT_IMAGE],
  [
    "a mask painted on the picture",
    { ...SHOWN, image_fg: PAINTED },
    { ...SENT_IMAGE, mask_image: GREY },
  ],
  [
    "a mask painted on a mask",
    { ...SHOWN, mask_image: CANVAS, mask_image_fg: PAINTED },
    { ...SENT_IMAGE, mask_image: GREY },
  ],
  [
    "a mask that was loaded",
    { ...SHOWN, mask_image: CANVAS, mask_image_fg: BLANK },
    { ...SENT_IMAGE, mask_image: { ...SENT, on_white: "w1" } },
  ],
])("a unit whose request has %s, as ControlNet sees it, is the same", (_, generated, queued) => {
  expect(unknownInUnit(generated, queued)).toEqual([]);
});

it.each<[string, object, object]>([
  ["another picture", SHOWN, { ...SENT_IMAGE, image: { ...CANVAS, bytes: "b9" } }],
  ["another weight", SHOWN, { ...SENT_IMAGE, weight: 0.5 }],
  ["no mask", { ...SHOWN, image_fg: PAINTED }, SENT_IMAGE],
  ["a mask too many", SHOWN, { ...SENT_IMAGE, mask_image: GREY }],
  [
    "another mask",
    { ...SHOWN, image_fg: PAINTED },
    { ...SENT_IMAGE, mask_image: { ...GREY, first_channel: "p9" } },
  ],
])("a unit whose request has %s is found out", (_, generated, queued) => {
  expect(unknownInUnit(generated, queued)).not.toEqual([]);
});

it("a mask may be grey instead of coloured, but not another one", () => {
  const run = (mask: object | null, full: number | boolean): Told => ({
    kind: "StableDiffusionProcessingImg2Img",
    fields: { image_mask: mask, inpaint_full_res: full, inpainting_fill: 1 },
  });
  const shown = { mode: "RGBA", size: [96, 64], bytes: "b1", colours: "c1" };
  const sent = { mode: "L", size: [96, 64], bytes: "b2", colours: "c1" };
  expect(unknownPlaces(run(shown, 1), run(sent, true))).toEqual([]);
  expect(unknownPlaces(run(shown, 1), run(sent, false))).toEqual(["fields.inpaint_full_res"]);
  const other = { ...sent, colours: "c9" };
  expect(unknownPlaces(run(shown, 1), run(other, true))).toContain("fields.image_mask.colours");
  expect(unknownPlaces(run(null, 0), run(null, true))).toEqual([]);
});

it("a refiner may go by another of its names, but not be another one", () => {
  const run = (name: string, found: string): Told => ({
    fields: { refiner_checkpoint: name },
    completed: { refiner_checkpoint: found },
  });
  const generated = run("painter", "Pony/painter.safetensors");
  const queued = run("Pony/painter.safetensors", "Pony/painter.safetensors");
  expect(unknownPlaces(generated, queued)).toEqual([]);
  const other = run("other", "other.safetensors");
  expect(unknownPlaces(generated, other)).toContain("fields.refiner_checkpoint");
});
