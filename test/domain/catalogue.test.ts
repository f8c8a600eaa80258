import { expect, it } from "vitest";
import { catalogueNames } from "../../src/domain/catalogue.ts";
import { EXAMPLE_CATALOGUE } from "../support/example-catalogue.ts";

const rows = (kind: string, changes: object = {}) =>
  catalogueNames({ ...EXAMPLE_CATALOGUE, ...changes })
    .filter((one) => one.kind === kind)
    .map(({ key, name }) => `${key} = ${name}`);

it("keeps a module under its file's name and under that without its ending", () => {
  expect(rows("module", { modules: ["ae.safetensors", "bare", "v1.5.pt"] })).toEqual([
    "ae.safetensors = ae.safetensors",
    "ae = ae.safetensors",
    "bare = bare",
    "v1.5.pt = v1.5.pt",
    "v1.5 = v1.5.pt",
  ]);
});

it("keeps scripts apart by the page they work on and by whether they are always on, in lower case", () => {
  const script = (name: string, is_alwayson: boolean, is_img2img: boolean) => ({
    name,
    is_alwayson,
    is_img2img,
    arg_labels: [],
  });
  const scripts = [
    script("Loopback", false, true),
    script("matrix", false, false),
    script("matrix", false, true),
    script("FreeU", true, false),
    script("soft inpainting", true, true),
  ];
  expect(rows("txt2img_script", { scripts })).toEqual(["matrix = matrix"]);
  expect(rows("img2img_script", { scripts })).toEqual(["loopback = Loopback", "matrix = matrix"]);
  expect(rows("txt2img_alwayson", { scripts })).toEqual(["freeu = FreeU"]);
  expect(rows("img2img_alwayson", { scripts })).toEqual(["soft inpainting = soft inpainting"]);
});

it("keeps what ControlNet has, each list by itself", () => {
  expect(rows("controlnet_model")).toContain("control_canny [de300001] = control_canny [de300001]");
  expect(rows("controlnet_module")).toContain("reference_only = reference_only");
  expect(rows("controlnet_model")).not.toContain("reference_only = reference_only");
});
