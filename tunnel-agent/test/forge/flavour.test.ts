import { expect, it } from "vitest";
import { detectFlavour } from "../../src/forge/read-catalogue.ts";

/** The parts of an openapi.json by which Forge and its relatives differ (forge-reference 2.4). */
const openApi = (title: string, paths: string[], img2imgFields: string[]) => ({
  info: { title },
  paths: Object.fromEntries(paths.map((path) => [path, {}])),
  components: {
    schemas: {
      StableDiffusionProcessingImg2Img: {
        properties: Object.fromEntries(img2imgFields.map((name) => [name, {}])),
      },
    },
  },
});

const MODULES = ["/sdapi/v1/txt2img", "/sdapi/v1/sd-modules"];

it.each([
  ["forge", openApi("FastAPI", MODULES, ["mask_blur", "mask_blur_x"])],
  ["neo", openApi("FastAPI", MODULES, ["mask_blur"])],
  ["demo", openApi("Demo Forge (a stand-in)", MODULES, ["mask_blur_x"])],
  ["unknown", openApi("FastAPI", ["/sdapi/v1/txt2img", "/sdapi/v1/sd-vae"], ["mask_blur_x"])],
  ["unknown", "<html>"],
])("a box is known as %s by what it can do", (flavour, document) => {
  expect(detectFlavour(document)).toBe(flavour);
});
