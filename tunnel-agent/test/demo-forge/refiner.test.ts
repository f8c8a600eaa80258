import { expect, it } from "vitest";
import { createCheckpoints } from "../../demo-forge/catalogue.ts";
import { findClosestCheckpoint } from "../../demo-forge/checkpoints.ts";
import { createRefinerPlan, findSwitchStep } from "../../demo-forge/refiner.ts";

const checkpoints = createCheckpoints();
const [painter] = checkpoints;

it.each([
  [0.5, 4, 2],
  [0.75, 4, 3],
  [0.8, 20, 16],
  [0.9, 4, null],
  [0, 4, 0],
  [null, 4, 0],
  [1, 20, null],
])(
  "a refiner that switches at %s of %i steps takes over before step %s",
  (switchAt, steps, step) => {
    const refiner = createRefinerPlan("cyberrealisticPony_v8", switchAt, checkpoints);
    const pass = { steps, isHires: false, hasHires: false, refinedPass: "second pass" };
    if (painter === undefined) throw new Error("There is no checkpoint");
    expect(findSwitchStep(refiner, painter, pass)).toBe(step);
  },
);

it.each([
  ["first pass", [2, null]],
  ["second pass", [null, 2]],
  ["both passes", [2, 2]],
])(
  "with hires fix and the option %s it takes over at %j of the two passes",
  (refinedPass, steps) => {
    const refiner = createRefinerPlan("cyberrealisticPony_v8", 0.5, checkpoints);
    if (painter === undefined) throw new Error("There is no checkpoint");
    const found = [false, true].map((isHires) =>
      findSwitchStep(refiner, painter, { steps: 4, isHires, hasHires: true, refinedPass }),
    );
    expect(found).toEqual(steps);
  },
);

it.each([
  ["cyberreal", "Pony/cyberrealisticPony_v8.safetensors"],
  ["Flux/", "Flux/demoFlux_unet_Q8.gguf"],
  ["demoPainter_v1 [no such hash]", "demoPainter_v1.safetensors"],
  ["CYBERREAL", undefined],
  ["", undefined],
])(
  "a second model called %j is %s: any part of a title will do, the shortest first",
  (name, file) => {
    expect(findClosestCheckpoint(checkpoints, name)?.name).toBe(file);
  },
);
