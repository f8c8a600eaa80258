import { describe, expect, it } from "vitest";
import { EXAMPLE_CATALOGUE } from "../../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

/** Parameters as a client may send them, right or wrong. */
type Changes = Readonly<Record<string, unknown>>;

const scriptRow = (name: string, is_img2img: boolean) => ({
  name,
  is_img2img,
  is_alwayson: false,
  arg_labels: [],
});

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, { isSilent: true });
  await agent.hello();
  const scripts = [...EXAMPLE_CATALOGUE.scripts, scriptRow("sd upscale", true)];
  await agent.putCatalogue({ ...EXAMPLE_CATALOGUE, scripts });
  const submit = (changes: Changes) => {
    const generation_params = { ...exampleParams(), ...changes };
    const json = { ...exampleJob(agent.alias), generation_params };
    return queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  };
  return { submit };
}

const script = (name: string) => ({ script: { name, args: [] } });
const alwaysOn = (title: string) => ({ alwayson_scripts: { [title]: { args: [] } } });
const INPUT = { img2img: { init_image: { upload_id: `upl_${"i".repeat(22)}` } } };

describe("a hobbyist whose script cannot run reads", () => {
  it.each<[string, Changes, field: string, sentence: RegExp]>([
    [
      "that X/Y/Z plot never runs, and what to do instead",
      script("X/Y/Z plot"),
      "script.name",
      /^no server lets the queue run X\/Y\/Z plot; queue its pictures as jobs of their own$/,
    ],
    [
      "that the owner of the box decides",
      script("Ultimate SD upscale"),
      "script.name",
      /^box-\w+ has no script "ultimate sd upscale" that the queue may run; its owner can allow more$/,
    ],
    [
      "that it is named in the wrong place",
      script("ControlNet"),
      "script.name",
      /^is always on: name it in alwayson_scripts$/,
    ],
    [
      "that it is no always-on one",
      alwaysOn("Prompt matrix"),
      "alwayson_scripts.Prompt matrix",
      /^is not always on: name it in script$/,
    ],
    [
      "that it wants an input picture",
      script("SD upscale"),
      "script.name",
      /^works only with an input picture$/,
    ],
    [
      "that it wants none",
      { ...script("Prompt matrix"), ...INPUT },
      "script.name",
      /^works only without an input picture$/,
    ],
    [
      "that an always-on script wants no input picture",
      { ...alwaysOn("FreeU integrated"), ...INPUT },
      "alwayson_scripts.FreeU integrated",
      /^works only without an input picture$/,
    ],
    [
      "that the box has no such always-on script",
      alwaysOn("ADetailer"),
      "alwayson_scripts.ADetailer",
      /^box-\w+ has no always-on script "adetailer"$/,
    ],
  ])("%s", async (_, changes, field, sentence) => {
    const { submit } = await open();
    const answer = await submit(changes);
    expect(answer.body).toMatchObject({
      status: 400,
      details: [{ field: `generation_params.${field}`, message: expect.stringMatching(sentence) }],
    });
    expect(answer.body.error).toContain(`generation_params.${field}: `);
  });
});

it("takes a script for input pictures where there is one, and asks for the picture next", async () => {
  const { submit } = await open();
  const answer = await submit({ ...script("SD upscale"), ...INPUT });
  expect(answer.body).toMatchObject({ code: "unknown_upload" });
});
