import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { uploads } from "../../../src/storage/schema.ts";
import { EXAMPLE_CATALOGUE, PONY, PONY_SHA256 } from "../../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

/** Parameters as a client may send them, right or wrong. */
type Changes = Readonly<Record<string, unknown>>;

/** The example's, with two modules that only their endings tell apart. */
const CATALOGUE = { ...EXAMPLE_CATALOGUE, modules: [...EXAMPLE_CATALOGUE.modules, "ae.gguf"] };

const IMAGE = { upload_id: `upl_${"i".repeat(22)}` };

/** A server, and an owner whose `IMAGE` is stored. */
async function open(options: { isSilent?: boolean } = {}) {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, { isSilent: true });
  if (!options.isSilent) {
    await agent.hello();
    await agent.putCatalogue(CATALOGUE);
  }
  const picture = { mime: "image/png", width: 64, height: 64, bytes: 9, sha256: "" };
  await queue.ctx.db
    .insert(uploads)
    .values({ id: IMAGE.upload_id, ownerId: owner.id, createdAt: "2026-11-02", ...picture })
    .onConflictDoUpdate({ target: uploads.id, set: { ownerId: owner.id } });
  const submit = (changes: Changes) => {
    const generation_params = { ...exampleParams(), ...changes };
    const json = { ...exampleJob(agent.alias), generation_params };
    return queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  };
  const countJobs = () =>
    env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE owner_id = ?")
      .bind(owner.id)
      .first<number>("n");
  return { queue, owner, agent, submit, countJobs };
}

const hires = (more: object) => ({ hires: { scale: 2, ...more } });
const alwaysOn = (title: string, args: unknown[] = []) => ({
  alwayson_scripts: { [title]: { args } },
});
const script = (name: string) => ({ script: { name, args: [] } });
const refiner = (checkpoint_name: string) => ({ refiner: { checkpoint_name, switch_at: 0.8 } });
const units = (...fields: object[]) =>
  alwaysOn(
    "ControlNet",
    fields.map((one) => ({ module: "reference_only", image: IMAGE, ...one })),
  );
const lora = (name: string) => `a cube <lora:${name}:0.8>`;

const CHECKPOINT_FORMS = [
  PONY,
  PONY.replace("/", "\\"),
  "cyberrealisticPony_v8",
  "cyberrealisticPony_v8.safetensors",
  "Pony_cyberrealisticPony_v8",
  `${PONY} [c0ffee00c0]`,
  "c0ffee00c0",
  PONY_SHA256,
];

describe("a job is taken that names", () => {
  let server: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    server = await open();
  });

  it.each<[string, Changes]>([
    ["a LoRA by its file's name and by its alias", { positive_prompt: lora("lab_lora") }],
    ["a LoRA by its alias", { positive_prompt: lora("lab lora") }],
    ["a module by its file's name", { modules: ["lab_vae.safetensors"] }],
    ["modules without their ending", { modules: ["lab_vae", "clip_l"] }],
    ["no module but those in the checkpoint", { modules: [] }],
    ["a module whose bare name two share, by its ending", { modules: ["ae.gguf"] }],
    ["a style", { styles: ["lab style one"] }],
    ["a latent upscaler", hires({ upscaler: "Latent (nearest)" })],
    ["an image upscaler", hires({ upscaler: "R-ESRGAN 4x+" })],
    ["a sampler for the second pass", hires({ sampler_name: "Euler" })],
    ["a scheduler for the second pass by its name", hires({ scheduler: "sgm_uniform" })],
    ["a scheduler for the second pass by its label", hires({ scheduler: "SGM Uniform" })],
    ["modules for the second pass", hires({ modules: ["clip_l"] })],
    ["a LoRA for the second pass", hires({ prompt: lora("lab lora") })],
    ["an always-on script in Forge's own letters", alwaysOn("freeu integrated")],
    ["an always-on script in other letters", alwaysOn("FreeU INTEGRATED")],
    ["a script that the owner allows", script("Prompt Matrix")],
    ["a preprocessor that needs no model", units({})],
    ["a ControlNet model", units({ module: "canny", model: "control_canny [de300001]" })],
    ["anything in a unit that is off", units({ enabled: false, module: "?", model: "?" })],
  ])("%s", async (_, changes) => {
    const { submit } = server;
    const answer = await submit(changes);
    expect(answer.status, answer.text).toBe(200);
  });

  it.each(CHECKPOINT_FORMS)("a checkpoint for each of its passes as %s", async (name) => {
    const { submit } = server;
    const second = hires({ checkpoint_name: name });
    const answer = await submit({ checkpoint_name: name, ...refiner(name), ...second });
    expect(answer.status, answer.text).toBe(200);
  });
});

const NONE = "generation_params";
const CONTROL = "alwayson_scripts.ControlNet";

describe("a job is refused, by field and with the nearest, that names", () => {
  let server: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    server = await open();
  });

  it.each<[string, Changes, field: string, nearest: string]>([
    ["a LoRA", { positive_prompt: lora("lab_lra") }, "positive_prompt", "lab_lora"],
    [
      "a LoRA in other letters",
      { positive_prompt: lora("Lab_Lora") },
      "positive_prompt",
      "lab_lora",
    ],
    ["a LoRA without a name", { positive_prompt: lora("") }, "positive_prompt", "lab_lora"],
    ["a module", { modules: ["clip_l", "lab_vea"] }, "modules", "lab_vae.safetensors"],
    ["a style", { styles: ["lab style one", "lab style"] }, "styles", "lab style one"],
    ["an upscaler", hires({ upscaler: "R-ESRGAN" }), "hires.upscaler", "R-ESRGAN 4x+"],
    ["a latent upscaler", hires({ upscaler: "latent" }), "hires.upscaler", "Latent"],
    ["a second sampler", hires({ sampler_name: "euler" }), "hires.sampler_name", "Euler"],
    ["a second scheduler", hires({ scheduler: "Karas" }), "hires.scheduler", "karras"],
    ["a second quality preset", hires({ scheduler: "Speed" }), "hires.scheduler", "karras"],
    ["a second module", hires({ modules: ["clip"] }), "hires.modules", "clip_l.safetensors"],
    ["a second LoRA", hires({ prompt: lora("lab") }), "hires.prompt", "lab_lora"],
    ["a second checkpoint", hires({ checkpoint_name: "pony" }), "hires.checkpoint_name", PONY],
    ["a refiner", refiner("CyberrealisticPony"), "refiner.checkpoint_name", PONY],
    ["an always-on script", alwaysOn("FreeU"), "alwayson_scripts.FreeU", "freeu integrated"],
    ["a script", script("Prompt matrices"), "script.name", "prompt matrix"],
    ["a model", units({ model: "canny" }), `${CONTROL}.args.0.model`, "control_canny [de300001]"],
    [
      "a preprocessor",
      units({}, { module: "reference_onl" }),
      `${CONTROL}.args.1.module`,
      "reference_only",
    ],
  ])("%s that the server does not have", async (_, changes, field, nearest) => {
    const { agent, submit, countJobs } = server;
    const answer = await submit(changes);
    expect(answer.body, answer.text).toMatchObject({
      status: 400,
      code: "unknown_name",
      details: [
        {
          field: `${NONE}.${field}`,
          message: expect.stringContaining(`${agent.alias} has no `),
          choices: expect.arrayContaining([nearest]),
        },
      ],
    });
    expect(await countJobs()).toBe(0);
  });

  it.each<[Changes, field: string, choices: string[]]>([
    [refiner("twin"), "refiner.checkpoint_name", ["a/twin.safetensors", "b\\twin.safetensors"]],
    [
      hires({ checkpoint_name: "twin" }),
      "hires.checkpoint_name",
      ["a/twin.safetensors", "b\\twin.safetensors"],
    ],
    [{ modules: ["ae"] }, "modules", ["ae.gguf", "ae.safetensors"]],
  ])("what fits more than one: %j", async (changes, field, choices) => {
    const { submit, countJobs } = server;
    const answer = await submit(changes);
    expect(answer.body).toMatchObject({
      status: 400,
      code: "ambiguous_name",
      details: [{ field: `${NONE}.${field}`, choices }],
    });
    expect(await countJobs()).toBe(0);
  });
});

it("hands the agent each name as Forge spells it, and a checkpoint as it was written", async () => {
  const { agent, submit } = await open();
  const written = {
    checkpoint_name: "cyberrealisticPony_v8",
    modules: ["lab_vae"],
    ...refiner("plain_sd15"),
    ...hires({ modules: ["clip_l"], scheduler: "SGM Uniform", checkpoint_name: "b_twin" }),
    ...alwaysOn("FreeU Integrated", [true, 1.1]),
  };
  expect((await submit(written)).status).toBe(200);
  const lease = await agent.claim();
  expect(lease.checkpoint_name).toBe(PONY);
  expect(lease.generation_params).toMatchObject({
    ...written,
    modules: ["lab_vae.safetensors"],
    hires: {
      modules: ["clip_l.safetensors"],
      scheduler: "sgm_uniform",
      checkpoint_name: "b_twin",
    },
  });
});

describe("a server that never reported a catalogue", () => {
  it("takes every name on trust, as it was written", async () => {
    const { submit, countJobs } = await open({ isSilent: true });
    const answer = await submit({
      checkpoint_name: "any",
      sampler_name: "any",
      styles: ["any"],
      positive_prompt: lora("any"),
      modules: ["any"],
      ...refiner("any"),
      ...hires({ upscaler: "any", scheduler: "Any", modules: ["any"], sampler_name: "any" }),
      ...script("any"),
      alwayson_scripts: {
        any: { args: [] },
        ControlNet: { args: [{ module: "any", model: "any", image: IMAGE }] },
      },
    });
    expect(answer.body).toMatchObject({ status_reason: "waiting_for_server" });
    expect(await countJobs()).toBe(1);
  });

  it("takes no X/Y/Z plot, and no checkpoint for more than a name", async () => {
    const { submit } = await open({ isSilent: true });
    expect((await submit(script("x/y/z plot"))).body).toMatchObject({ code: "invalid_request" });
    for (const checkpoint_name of ["constructor", "__proto__", "toString"]) {
      const answer = await submit({ checkpoint_name });
      expect(Date.parse(String(answer.body.estimated_start_time)), checkpoint_name).not.toBeNaN();
    }
  });
});
