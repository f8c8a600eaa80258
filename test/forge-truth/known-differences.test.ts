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
