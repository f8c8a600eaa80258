import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  answerOf,
  askedOf,
  failureOf,
  imagesOf,
  infotextOf,
  type Made,
  pictureOf,
  readBody,
  redCube,
} from "./made-answers.ts";

type Body = Record<string, unknown>;

const SCRIPT = { alwayson_scripts: { "Dynamic Prompts v2.17.1": { args: [true, true] } } };
const BOTH = { batch_size: 2, ...SCRIPT };

async function resultOf(fields: Body, seeds: readonly number[], made: Partial<Made> = {}) {
  const params = redCube(fields);
  const texts = seeds.map((seed) => infotextOf(params, { Seed: seed }));
  const body = await answerOf(params, { texts, ...made });
  return {
    params,
    body: body as { images: string[] },
    result: await readBody(body, askedOf(params)),
  };
}

const changed = (message: string) => ({
  warnings: [{ code: "changed_by_script", field: "alwayson_scripts", message }],
});
const SAID = "A script of this job changed what was asked for:";

describe("a script of an extension that runs in every job", () => {
  it("may make more pictures, or fewer, each with its own seed", async () => {
    const more = await resultOf(SCRIPT, [1, 2, 3, 4]);
    expect(imagesOf(more.result).map(({ seed }) => seed)).toEqual([1, 2, 3, 4]);
    expect(more.result).toMatchObject(changed(`${SAID} Forge gave 4 pictures instead of 1.`));
    const fewer = await resultOf({ n_iter: 2, ...SCRIPT }, [1]);
    expect(fewer.result).toMatchObject(changed(`${SAID} Forge gave 1 picture instead of 2.`));
  });

  it("may draw its own seed and size, and one warning tells of both", async () => {
    const { result } = await resultOf(SCRIPT, [777], {
      info: { all_seeds: [777] },
      size: { width: 128, height: 128 },
    });
    expect(result).toMatchObject(
      changed(
        `${SAID} Forge used the seed 777 instead of 1. Picture 1 is 128x128 instead of 64x64.`,
      ),
    );
  });

  it("is not told of where all is as it was asked for", async () => {
    expect((await resultOf(SCRIPT, [1])).result).toMatchObject({ ok: true, warnings: [] });
  });

  it("may replace pictures, which then go by their place", async () => {
    const { params, body } = await resultOf(BOTH, [1, 2]);
    body.images[1] = await pictureOf(null);
    const result = await readBody(body, askedOf(params));
    expect(imagesOf(result).map(({ seed }) => seed)).toEqual([1, 2]);
    expect(result).toMatchObject({
      warnings: [{ code: "order_unproven", message: expect.stringMatching(/^A script replaced/) }],
    });
  });

  it("may make more on a server that writes no texts into pictures", async () => {
    const { params, body } = await resultOf(SCRIPT, [1, 2]);
    body.images = [await pictureOf(null), await pictureOf(null)];
    const result = await readBody(body, askedOf(params, { writesInfotext: false }));
    expect(imagesOf(result).map(({ seed }) => seed)).toEqual([1, 2]);
    expect(result).toMatchObject(changed(`${SAID} Forge gave 2 pictures instead of 1.`));
  });

  it("may neither lose a picture that Forge tells of, nor give none, nor more than a job may have", async () => {
    const { params, body } = await resultOf(BOTH, [1, 2]);
    body.images.pop();
    expect(failureOf(await readBody(body, askedOf(params)))).toMatchObject({
      message: "Forge gave only 1 of 2 pictures.",
    });
    expect(failureOf((await resultOf(SCRIPT, [])).result)).toMatchObject({
      message: "Forge gave no picture.",
    });
    const many = Array.from({ length: LIMITS.imagesPerJobMax + 1 }, (_, at) => at + 1);
    expect(failureOf((await resultOf(SCRIPT, many)).result)).toMatchObject({
      reason: "invalid_job",
      field: "alwayson_scripts",
    });
  });

  it("excuses no other model or sampler, and no picture cut short after the first pass", async () => {
    for (const info of [{ sd_model_name: "other" }, { sampler_name: "DDIM" }, { steps: 9 }]) {
      expect((await resultOf(SCRIPT, [1], { info })).result.ok).toBe(false);
    }
    const params = redCube({ hires: { scale: 2 }, ...SCRIPT });
    const texts = [infotextOf(params, { "Hires upscaler": "Latent", "Hires upscale": "2.0" })];
    const body = await answerOf(params, { texts, size: { width: 64, height: 64 } });
    expect(failureOf(await readBody(body, askedOf(params)))).toMatchObject({
      reason: "incomplete_result",
    });
  });

  it.each([
    ["is switched off", { "Dynamic Prompts v2.17.1": { args: [false, true] } }],
    ["is Forge's own", { "Kohya HRFix Integrated": { args: [true, 3] } }],
    ["is ADetailer", { ADetailer: { args: [{ ad_model: "face.pt" }] } }],
  ])("that %s excuses nothing", async (_what, alwayson_scripts) => {
    expect(failureOf((await resultOf({ alwayson_scripts }, [1, 2])).result)).toMatchObject({
      field: "n_iter",
    });
  });
});
