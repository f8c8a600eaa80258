import { describe, expect, it } from "vitest";
import {
  type ChangeableAnswer,
  changeInfo,
  changeInfotext,
  diffChanged,
  imagesOf,
  redraw,
} from "./changed-answer.ts";
import type { JsonObject } from "./difference.ts";

describe("a generation is another one when", () => {
  it.each<[string, string, (answer: ChangeableAnswer) => unknown, string]>([
    [
      "a checkpoint that was dropped is echoed",
      "generate/checkpoint_unknown",
      (a) => {
        (a.body.parameters as JsonObject).override_settings = {
          sd_model_checkpoint: "no_such_model",
        };
      },
      "parameters.override_settings.sd_model_checkpoint: is one key too many",
    ],
    [
      "an echoed field is missing",
      "generate/steps_1",
      (a) => {
        delete (a.body.parameters as JsonObject).hr_cfg;
      },
      "parameters.hr_cfg: is missing",
    ],
    [
      "a value of info is",
      "generate/width_65",
      (a) =>
        changeInfo(a.body, (info) => {
          info.width = 64;
        }),
      "info.width: expected 65, got 64",
    ],
    [
      "a key of info is missing",
      "generate/steps_1",
      (a) =>
        changeInfo(a.body, (info) => {
          delete info.clip_skip;
        }),
      "info.clip_skip: is missing",
    ],
    [
      "info says NaN as JSON does",
      "generate/nan",
      (a) => {
        a.body.info = String(a.body.info).replace(/\bNaN\b/, "null");
      },
      'info.cfg_scale: expected "(bare NaN)", got null',
    ],
    [
      "a seed that was sent is another",
      "generate/seed_max",
      (a) =>
        changeInfo(a.body, (info) => {
          info.seed = 1;
        }),
      "info.seed",
    ],
    [
      "a drawn seed is no number",
      "generate/minimal",
      (a) =>
        changeInfo(a.body, (info) => {
          info.seed = "1";
        }),
      "info.seed",
    ],
    [
      "an infotext lacks a key",
      "generate/steps_1",
      (a) => changeInfotext(a.body, (text) => text.replace(", CFG scale: 7.0", "")),
      "infotexts[0] (keys in order)",
    ],
    [
      "the keys of an infotext are in another order",
      "generate/steps_1",
      (a) =>
        changeInfotext(a.body, (text) =>
          text
            .replace("Steps: 1, Sampler: Euler", "Steps: 1, Seed: 1, Sampler: Euler")
            .replace(", Seed: 1, Size", ", Size"),
        ),
      "infotexts[0] (keys in order)",
    ],
    [
      "a value of an infotext is",
      "generate/steps_1",
      (a) => changeInfotext(a.body, (text) => text.replace("7.0", "7")),
      'infotexts[0] (CFG scale): expected "7.0", got "7"',
    ],
    [
      "there are fewer infotexts",
      "generate/n_iter2_batch2",
      (a) =>
        changeInfo(a.body, (info) => {
          info.infotexts = [];
        }),
      "infotexts (number): expected 4, got 0",
    ],
    [
      "there are fewer pictures",
      "generate/controlnet_missing_model",
      (a) => {
        imagesOf(a.body).pop();
      },
      "images (number): expected 2, got 1",
    ],
    [
      "the pictures come in another order",
      "generate/n_iter2_batch2",
      (a) => {
        imagesOf(a.body).reverse();
      },
      'images[0].text (Seed): expected "1", got "4"',
    ],
    [
      "a grid comes last",
      "generate/n_iter2_batch2_saved",
      (a) => {
        const [grid = "", ...rest] = imagesOf(a.body);
        a.body.images = [...rest, grid];
      },
      "images[0].width: expected 128, got 64",
    ],
    [
      "a picture lost its text",
      "generate/steps_1",
      (a) => redraw(a.body, (picture) => picture.png()),
      'images[0].textIn: expected "tEXt", got null',
    ],
    [
      "a mask has a text",
      "img2img/mask_returned",
      (a) => {
        const [first = ""] = imagesOf(a.body);
        a.body.images = [first, first, first];
      },
      "images[1].textIn: expected null",
    ],
    [
      "a picture is of another kind",
      "generate/format_jpg",
      (a) => redraw(a.body, (picture) => picture.png()),
      'images[0].kind: expected "jpeg", got "png"',
    ],
    [
      "a picture has another size",
      "generate/hires",
      (a) => redraw(a.body, (picture) => picture.resize(64)),
      "images[0].width: expected 128, got 64",
    ],
    [
      "a saved picture has no alpha",
      "generate/saved_single",
      (a) => redraw(a.body, (picture) => picture.removeAlpha()),
      "images[0].channels: expected 4, got 3",
    ],
  ])("%s (%s)", async (_what, id, change, sentence) => {
    const differences = await diffChanged(id, change);
    expect(differences.join("\n")).toContain(sentence);
  });
});

describe("a generation is the same although", () => {
  it.each<[string, string, (answer: ChangeableAnswer) => unknown]>([
    [
      "moment and version are others",
      "generate/steps_1",
      (a) =>
        changeInfo(a.body, (info) => {
          Object.assign(info, { job_timestamp: "20000101000000", version: "f3" });
        }),
    ],
    [
      "the version in the infotext is",
      "generate/steps_1",
      (a) => changeInfotext(a.body, (text) => text.replace(/Version: .*/, "Version: neo")),
    ],
    [
      "Forge drew another seed",
      "generate/minimal",
      (a) =>
        changeInfo(a.body, (info) => {
          Object.assign(info, { seed: 7, all_seeds: [7], subseed: 8, all_subseeds: [8] });
          info.infotexts = [
            String((info.infotexts as string[])[0]).replace(/Seed: \d+/, "Seed: 7"),
          ];
        }),
    ],
  ])("%s (%s)", async (_what, id, change) => {
    expect(await diffChanged(id, change)).toEqual([]);
  });
});
