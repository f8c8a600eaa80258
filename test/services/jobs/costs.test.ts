import { LIMITS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { uploads } from "../../../src/storage/schema.ts";
import { EXAMPLE_CATALOGUE } from "../../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const numbered = (count: number, word: string) =>
  Array.from({ length: count }, (_, n) => `${word} ${n}`);

const SCRIPTS = numbered(LIMITS.alwaysonScriptsMax - 1, "script");
const UNITS = 10;

/** A box with a very large collection. */
const CATALOGUE = {
  ...EXAMPLE_CATALOGUE,
  loras: numbered(5_000, "lora").map((name) => ({ name, alias: `${name} alias` })),
  styles: numbered(500, "style"),
  modules: numbered(500, "module").map((name) => `${name}.safetensors`),
  checkpoints: numbered(2_000, "model").map((name) => ({
    name: `folder/${name}.safetensors`,
    basename: name,
    hash: null,
    sha256: null,
  })),
  controlnet_models: numbered(200, "control"),
  controlnet_modules: numbered(200, "preprocessor"),
  scripts: [...SCRIPTS, "controlnet", "prompt matrix"].map((name) => ({
    name,
    is_alwayson: name !== "prompt matrix",
    is_img2img: false,
    arg_labels: [],
  })),
};

const tags = (from: number) =>
  numbered(LIMITS.lorasMax, "")
    .map((_, n) => `<lora:lora ${from + n} alias:1>`)
    .join(" ");

/** A job with as much of everything as a job may have. */
function largestJob(alias: string, images: readonly { upload_id: string }[]) {
  const unit = (n: number) => ({
    model: `control ${n}`,
    module: `preprocessor ${n}`,
    image: images[n],
    mask_image: images[UNITS + n],
  });
  const generation_params = {
    ...exampleParams(),
    positive_prompt: tags(0),
    checkpoint_name: "model 1",
    styles: numbered(LIMITS.stylesMax, "style"),
    modules: numbered(LIMITS.modulesMax, "module"),
    refiner: { checkpoint_name: "folder_model 2", switch_at: 0.5 },
    hires: {
      upscaler: "R-ESRGAN 4x+",
      checkpoint_name: "folder\\model 3.safetensors",
      modules: numbered(LIMITS.modulesMax, "module"),
      sampler_name: "Euler",
      scheduler: "SGM Uniform",
      prompt: tags(LIMITS.lorasMax),
    },
    script: { name: "Prompt matrix", args: images.slice(2 * UNITS) },
    alwayson_scripts: {
      ...Object.fromEntries(SCRIPTS.map((title) => [title, { args: [] }])),
      ControlNet: { args: numbered(UNITS, "").map((_, n) => unit(n)) },
    },
  };
  return { ...exampleJob(alias), generation_params };
}

it("looks up a job with everything in it at few queries and at one row a name, however large the box", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, { isSilent: true });
  await agent.hello();
  await agent.putCatalogue(CATALOGUE);
  const ids = numbered(LIMITS.uploadsPerJobMax, "").map(
    (_, n) => `upl_${owner.id.slice(4, 20)}${String(n).padStart(6, "0")}`,
  );
  const picture = { mime: "image/png", width: 64, height: 64, bytes: 9, sha256: "", createdAt: "" };
  for (const id of ids)
    await queue.ctx.db.insert(uploads).values({ id, ownerId: owner.id, ...picture });
  const job = largestJob(
    agent.alias,
    ids.map((upload_id) => ({ upload_id })),
  );
  const submit = async () => {
    await queue.settle();
    queue.database.startCounting();
    const answer = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: job });
    expect(answer.status, answer.text).toBe(200);
    const { costs, statements } = queue.database;
    const list = costs.map(({ sql, rowsRead }) => `${rowsRead} ${sql.slice(0, 70)}`).join("\n");
    return {
      list,
      queries: statements.length,
      read: costs.reduce((n, one) => n + one.rowsRead, 0),
    };
  };
  const first = await submit();
  expect(first.queries, first.list).toBeLessThanOrEqual(8);
  // Some hundred and fifty names at three rows each, and thrice the uploads at two.
  expect(first.read, first.list).toBeLessThanOrEqual(700);
  const again = await submit();
  expect(again.queries, again.list).toBeLessThanOrEqual(6);
  expect(again.read, again.list).toBeLessThanOrEqual(200);
});

it("looks up a plain job at a row or three a name, and knows them the next time", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const submit = async () => {
    queue.database.startCounting();
    const json = exampleJob(agent.alias);
    await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    const names = queue.database.costs.filter(({ sql }) => sql.includes("catalogue_names"));
    return names.map(({ rowsRead }) => rowsRead);
  };
  const [read, ...more] = await submit();
  expect(more).toEqual([]);
  expect(read).toBeLessThanOrEqual(15);
  expect(await submit()).toEqual([]);
});
