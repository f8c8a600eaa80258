import { LIMITS, ResolvedParams } from "@mobilesd/contract";
import { expect, it } from "vitest";
import {
  picturesMaxOf,
  picturesOf,
  readStoredParams,
  uploadIdsOf,
} from "../../src/domain/stored-params.ts";
import { exampleParams } from "../support/example-job.ts";

const id = (letter: string) => ({ upload_id: `upl_${letter.repeat(22)}` });
const params = ResolvedParams.parse({ ...exampleParams(), scheduler: "karras" });

it("reads back what was stored, and answers null for what is not of this schema", () => {
  expect(readStoredParams(JSON.stringify(params))).toEqual(params);
  for (const old of ["", "{", "null", "[]", '"text"', '{"prompt":"old"}']) {
    expect(readStoredParams(old), old).toBe(null);
  }
});

it("lists every input picture once", () => {
  expect(uploadIdsOf({})).toEqual([]);
  const parsed = ResolvedParams.parse({
    ...params,
    img2img: { init_image: id("a"), mask: id("b") },
  });
  expect(uploadIdsOf(parsed)).toEqual([id("a").upload_id, id("b").upload_id]);
  const twice = ResolvedParams.parse({
    ...params,
    img2img: { init_image: id("a"), mask: id("a") },
  });
  expect(uploadIdsOf(twice)).toEqual([id("a").upload_id]);
});

it("counts a batch in every pass", () => {
  expect(picturesOf({ batch_size: 3, n_iter: 4 })).toBe(12);
});

it("takes as many pictures as a job may have where a script decides on their number", () => {
  const scripts = (title: string, ...args: unknown[]) => ({
    alwayson_scripts: { [title]: { args } },
  });
  const most = (more: object) =>
    picturesMaxOf(ResolvedParams.parse({ ...params, n_iter: 2, ...more }));
  const few = picturesOf({ ...params, n_iter: 2 });
  expect(most({})).toBe(few);
  expect(most(scripts("ControlNet"))).toBe(few);
  expect(most(scripts("Dynamic Prompts v2.17.1", false))).toBe(few);
  expect(most(scripts("Dynamic Prompts v2.17.1", true))).toBe(LIMITS.imagesPerJobMax);
  expect(most({ script: { name: "Loopback", args: [] } })).toBe(LIMITS.imagesPerJobMax);
});
