import sharp from "sharp";
import { expect, it } from "vitest";
import { readParameters } from "../../demo-forge/png.ts";
import { startForge } from "./started-forge.ts";

const PATH = "/sdapi/v1/extra-single-image";

async function paint(width: number, height: number): Promise<string> {
  const create = { width, height, channels: 3, background: "#3080c0" } as const;
  return (await sharp({ create }).png().toBuffer()).toString("base64");
}

it.each([
  [
    { upscaling_resize: 2, upscaler_1: "Lanczos" },
    "64x64",
    "Postprocess upscale by: 2.0, Postprocess upscaler: Lanczos",
  ],
  [
    { resize_mode: 1, upscaling_resize_w: 80, upscaling_resize_h: 40, upscaler_1: "Lanczos" },
    "80x40",
    "Postprocess upscale to: 80x40, Postprocess crop to: 80x40, Postprocess upscaler: Lanczos",
  ],
  [
    {
      resize_mode: 1,
      upscaling_resize_w: 80,
      upscaling_resize_h: 40,
      upscaling_crop: false,
      upscaler_1: "Lanczos",
    },
    "80x80",
    "Postprocess upscale to: 80x40, Postprocess upscaler: Lanczos",
  ],
  [{}, "32x32", ""],
])("upscaling one picture with %j gives %s and says how", async (fields, size, how) => {
  const forge = await startForge({ timeScale: 0 });
  const body = { image: await paint(32, 32), ...fields };
  const answer = (await forge.ask(PATH, body)) as { image: string; html_info: string };
  const image = Buffer.from(answer.image, "base64");
  const { width, height } = await sharp(image).metadata();
  expect([`${width}x${height}`, answer.html_info]).toEqual([size, `<p>${how}</p>`]);
  expect(await readParameters(image)).toBe("");
});

it("upscaling fails on an unknown upscaler, and on what is no picture", async () => {
  const forge = await startForge({ timeScale: 0 });
  const unknown = await forge.post(PATH, { image: await paint(32, 32), upscaler_1: "nope" });
  expect([unknown.status, await unknown.json()]).toMatchObject([
    500,
    { error: "AssertionError", message: "could not find upscaler named nope" },
  ]);
  const empty = await forge.post(PATH, {});
  expect([empty.status, await empty.json()]).toEqual([500, { detail: "Invalid encoded image" }]);
});
