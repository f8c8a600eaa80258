import { GenerationParams, uploadsOf } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { exampleParams } from "../support/example-job.ts";

const upload = (letter: string) => ({ upload_id: `upl_${letter.repeat(22)}` });
const named = (changes: object) =>
  uploadsOf(GenerationParams.parse({ ...exampleParams(), ...changes })).map(
    ({ field, upload_id }) => `${field} ${upload_id[4]}`,
  );

it("finds every input picture of a job with the field that names it, in order", () => {
  expect(named({})).toEqual([]);
  expect(
    named({
      img2img: { init_image: upload("a"), mask: upload("b") },
      script: { name: "x", args: ["text", upload("c"), { deep: [upload("d")] }] },
      alwayson_scripts: {
        ControlNet: {
          args: [{ image: upload("e"), mask_image: upload("f") }, { enabled: false }],
        },
        Other: { args: [[upload("a")]] },
      },
    }),
  ).toEqual([
    "img2img.init_image a",
    "img2img.mask b",
    "script c",
    "script d",
    "alwayson_scripts.ControlNet e",
    "alwayson_scripts.ControlNet f",
    "alwayson_scripts.Other a",
  ]);
});

it("takes no text for a picture, though it reads like an upload's id", () => {
  const { upload_id } = upload("a");
  expect(named({ positive_prompt: upload_id, script: { name: "x", args: [upload_id] } })).toEqual(
    [],
  );
});
