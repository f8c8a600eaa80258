import { describe, expect, it } from "vitest";
import { loadExchange } from "../recording.ts";
import type { JsonObject } from "./difference.ts";
import { diffHashedCheckpoints, LIST_COMPARISONS } from "./lists.ts";

type Row = JsonObject;

/** Compares a recorded list with a copy of it in which something was changed. */
function diffList(id: string, change: (body: never) => unknown): string {
  const { request, response } = loadExchange(id);
  const compare = LIST_COMPARISONS[request.path];
  if (!compare) throw new Error(`No comparison for ${request.path}`);
  const copy = structuredClone(response.body);
  const changed = change(copy as never) ?? copy;
  return compare(response.body, changed).join("\n");
}

const first = (rows: Row[]): Row => rows[0] ?? {};

describe("a list is another one when", () => {
  it.each<[string, string, (body: never) => unknown, string]>([
    [
      "rows lack a key",
      "lists/loras",
      (rows: Row[]) => {
        delete first(rows).alias;
      },
      "body[].alias: is missing",
    ],
    [
      "rows have a key more",
      "lists/sd-modules",
      (rows: Row[]) => {
        first(rows).hash = "a";
      },
      "body[].hash: is one key too many",
    ],
    [
      "a value is of another type",
      "lists/upscalers",
      (rows: Row[]) => {
        first(rows).scale = "4";
      },
      "body[].scale: expected number, got text",
    ],
    [
      "a name is not where it always is",
      "lists/upscalers",
      (rows: Row[]) => rows.slice(1),
      "names in order",
    ],
    [
      "a title has a hash that the row has not",
      "lists/sd-models",
      (rows: Row[]) => {
        first(rows).title = "plain_sd15.safetensors [0123456789]";
      },
      "body[0].title",
    ],
    [
      "a model name is not made from the path",
      "lists/sd-models",
      (rows: Row[]) => {
        (rows[1] as Row).model_name = "cyberrealisticPony_v8";
      },
      "body[1].model_name",
    ],
    [
      "a script is missing",
      "lists/scripts",
      (body: Record<string, string[]>) => {
        body.txt2img?.shift();
      },
      "body.txt2img (titles in order)",
    ],
    [
      "scripts come in another order",
      "lists/scripts",
      (body: Record<string, string[]>) => {
        body.img2img?.reverse();
      },
      "body.img2img (titles in order)",
    ],
    [
      "a script has another label",
      "lists/script-info",
      (rows: Row[]) => {
        const row = rows.find(({ name }) => name === "soft inpainting") ?? {};
        first(row.args as Row[]).label = "Soft";
      },
      "body (soft inpainting).args[0].label",
    ],
    [
      "a script lost an argument",
      "lists/script-info",
      (rows: Row[]) => {
        (first(rows).args as Row[]).pop();
      },
      "entries",
    ],
    [
      "a script is not told of",
      "lists/script-info",
      (rows: Row[]) => rows.filter(({ name }) => name !== "refiner"),
      "has no txt2img script refiner",
    ],
    [
      "an option is missing",
      "lists/options",
      (body: Row) => {
        delete body.samples_format;
      },
      "body.samples_format: is missing",
    ],
    [
      "an option is of another type",
      "lists/options",
      (body: Row) => {
        body.CLIP_stop_at_last_layers = "1";
      },
      "body.CLIP_stop_at_last_layers: expected number",
    ],
    [
      "memory is told in other words",
      "lists/memory",
      (body: Row) => {
        body.cuda = { free: 1 };
      },
      "body.cuda",
    ],
    [
      "an idle Forge has a job",
      "lists/progress",
      (body: Row) => {
        (body.state as Row).job = "scripts_txt2img";
      },
      "body.state.job",
    ],
    [
      "ControlNet's list begins otherwise",
      "lists/controlnet-model_list",
      () => ({ model_list: ["canny"] }),
      "names in order",
    ],
    [
      "a control type lacks its default",
      "lists/controlnet-control_types",
      (body: Record<string, Record<string, Row>>) => {
        delete body.control_types?.Canny?.default_option;
      },
      "is missing from some entries",
    ],
    [
      "an embedding has no shape",
      "lists/embeddings",
      (body: Record<string, Record<string, Row>>) => {
        delete body.loaded?.lab_embed?.shape;
      },
      "is missing from some entries",
    ],
  ])("%s (%s)", (_what, id, change, sentence) => {
    expect(diffList(id, change)).toContain(sentence);
  });
});

describe("a list is the same although", () => {
  it.each<[string, string, (body: never) => unknown]>([
    [
      "the host has other LoRAs",
      "lists/loras",
      (rows: Row[]) => [{ ...rows[0], name: "other", metadata: { a: [1] } }, rows[0]],
    ],
    ["the host has no LoRA", "lists/loras", () => []],
    [
      "its card tells figures",
      "lists/memory",
      (body: Row) => {
        body.cuda = {
          system: {},
          active: {},
          allocated: {},
          reserved: {},
          inactive: {},
          events: {},
        };
      },
    ],
    [
      "the last job was another",
      "lists/progress",
      (body: Row) => {
        Object.assign(body.state as Row, { job_no: 2, sampling_steps: 30, interrupted: true });
      },
    ],
    [
      "extensions bring scripts",
      "lists/scripts",
      (body: Record<string, string[]>) => {
        body.txt2img?.unshift("adetailer");
      },
    ],
    [
      "extensions bring options",
      "lists/options",
      (body: Row) => {
        body.ad_max_models = 2;
      },
    ],
    [
      "a checkpoint was hashed",
      "lists/sd-models",
      (rows: Row[]) => {
        Object.assign(first(rows), {
          title: "plain_sd15.safetensors [0123456789]",
          hash: "0123456789",
          sha256: "0123456789".padEnd(64, "0"),
        });
      },
    ],
    [
      "the embeddings have other names",
      "lists/embeddings",
      (body: Record<string, Row>) => {
        body.loaded = { mine: body.loaded?.lab_embed };
      },
    ],
  ])("%s (%s)", (_what, id, change) => {
    expect(diffList(id, change)).toBe("");
  });
});

it("a recorded checkpoint that should have a hash is found without one", () => {
  const { body } = loadExchange("hashing/sd-models-after-override").response;
  const unhashed = loadExchange("hashing/sd-models-after-first-load").response.body;
  expect(diffHashedCheckpoints(body, unhashed).join()).toContain("hash: expected");
});
