import {
  checkpointKeys,
  type GenerationParams,
  LIMITS,
  resolveCheckpoint,
  GenerationParams as Schema,
} from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { catalogueNames } from "../../src/domain/catalogue.ts";
import { imageName, parseImageName } from "../../src/domain/image-name.ts";
import { nearestNames, resolveSchedule } from "../../src/domain/names.ts";
import { EXAMPLE_CATALOGUE, PONY, PONY_SHA256 } from "../support/example-catalogue.ts";
import { exampleParams } from "../support/example-job.ts";

const NAMES = catalogueNames(EXAMPLE_CATALOGUE);
const CHECKPOINTS = NAMES.filter((one) => one.kind === "checkpoint");

/** As the Worker asks: only what stands under one of the keys is compared. */
function resolve(given: string) {
  const keys = checkpointKeys(given);
  const found = resolveCheckpoint(
    given,
    CHECKPOINTS.filter((one) => keys.includes(one.key)),
  );
  return found.type === "found" ? found.checkpoint.name : found;
}

describe("a checkpoint", () => {
  it.each([
    PONY,
    PONY.replace("/", "\\"),
    "cyberrealisticPony_v8",
    "cyberrealisticPony_v8.safetensors",
    "Pony_cyberrealisticPony_v8",
    `${PONY} [c0ffee00c0]`,
    "Pony\\cyberrealisticPony_v8.safetensors [c0ffee00c0]",
    "cyberrealisticPony_v8 [c0ffee00c0]",
  ])("is known by %s", (given) => {
    expect(resolve(given)).toBe(PONY);
  });

  it("is known by its hash, short or whole", () => {
    for (const given of ["c0ffee00c0", PONY_SHA256]) {
      expect(resolveCheckpoint(given, CHECKPOINTS)).toMatchObject({ checkpoint: { name: PONY } });
    }
  });

  it("that Forge has not hashed yet is known by a title with any hash", () => {
    expect(resolve("plain_sd15.safetensors [0123456789]")).toBe("plain_sd15.safetensors");
    expect(resolve(`${PONY} [0123456789]`)).toEqual({ type: "unknown" });
  });

  it.each(["CyberRealisticPony_v8", "Pony", "v8", "", "../plain_sd15.safetensors", "[c0ffee00c0]"])(
    "is not taken for %s",
    (given) => {
      expect(resolve(given)).toEqual({ type: "unknown" });
    },
  );

  it("whose basename two files share must be named with its folder", () => {
    expect(resolve("twin")).toEqual({
      type: "ambiguous",
      choices: ["a/twin.safetensors", "b\\twin.safetensors"],
    });
    expect(resolve("b/twin.safetensors")).toBe("b\\twin.safetensors");
    expect(resolve("a_twin")).toBe("a/twin.safetensors");
  });
});

it("offers the nearest names, best first and few", () => {
  const names = CHECKPOINTS.map((one) => one.name);
  expect(nearestNames("CyberrealisticPony", names)[0]).toBe(PONY);
  expect(nearestNames("plain_sd-15", names)[0]).toBe("plain_sd15.safetensors");
  expect(nearestNames("euler A", ["Euler", "Euler a", "LMS"])[0]).toBe("Euler a");
  const many = Array.from({ length: 50 }, (_, i) => `model-${i}`);
  expect(nearestNames("model", many)).toHaveLength(LIMITS.nearestMatchesMax);
});

it("puts a catalogue's names under every key that a request may use", () => {
  const keysOf = (kind: string) => NAMES.filter((one) => one.kind === kind).map((one) => one.key);
  expect(keysOf("scheduler")).toEqual([
    "automatic",
    "Automatic",
    "karras",
    "Karras",
    "sgm_uniform",
    "SGM Uniform",
  ]);
  expect(keysOf("lora")).toEqual(["lab_lora", "lab lora"]);
  expect(keysOf("checkpoint")).toContain("cyberrealisticPony_v8");
});

describe("scheduler and quality preset", () => {
  const schedulers = NAMES.filter((one) => one.kind === "scheduler");
  const ask = (
    changes: Partial<GenerationParams>,
    known: typeof schedulers | null = schedulers,
  ) => {
    const { steps: _, scheduler_or_quality_preset: __, ...bare } = exampleParams();
    const result = resolveSchedule(Schema.parse({ ...bare, ...changes }), known);
    return result.ok ? result.value : result.error;
  };

  it.each([
    [{}, { steps: 20, scheduler: "Automatic" }],
    [{ scheduler: "Karras" }, { steps: 20, scheduler: "karras" }],
    [{ scheduler_or_quality_preset: "karras" }, { steps: 20, scheduler: "karras" }],
    [
      { scheduler_or_quality_preset: "SGM Uniform", steps: 7 },
      { steps: 7, scheduler: "sgm_uniform" },
    ],
    [{ scheduler_or_quality_preset: "Speed" }, { steps: 12, scheduler: "Automatic" }],
    [{ scheduler_or_quality_preset: "Balanced" }, { steps: 20, scheduler: "Automatic" }],
    [{ scheduler_or_quality_preset: "Quality" }, { steps: 32, scheduler: "Automatic" }],
    [
      { scheduler_or_quality_preset: "Quality", steps: 9 },
      { steps: 9, scheduler: "Automatic" },
    ],
    [
      { scheduler: "karras", scheduler_or_quality_preset: "Karras" },
      { steps: 20, scheduler: "karras" },
    ],
  ])("%j means %j", (changes, decided) => {
    expect(ask(changes)).toEqual(decided);
  });

  it.each([
    [{ scheduler: "nope" }, "generation_params.scheduler", true],
    [{ scheduler: "KARRAS" }, "generation_params.scheduler", true],
    [
      { scheduler_or_quality_preset: "speed" },
      "generation_params.scheduler_or_quality_preset",
      true,
    ],
    [
      { scheduler: "karras", scheduler_or_quality_preset: "SGM Uniform" },
      "generation_params.scheduler_or_quality_preset",
      false,
    ],
    [
      { scheduler: "karras", scheduler_or_quality_preset: "Speed" },
      "generation_params.scheduler_or_quality_preset",
      false,
    ],
  ])("%j is refused at %s", (changes, field, isUnknownName) => {
    expect(ask(changes)).toMatchObject({ field, isUnknownName });
  });

  it("are kept as they are for a server that never reported a catalogue", () => {
    expect(ask({ scheduler: "anything" }, null)).toEqual({ steps: 20, scheduler: "anything" });
    expect(ask({ scheduler_or_quality_preset: "Speed" }, null)).toEqual({
      steps: 12,
      scheduler: "Automatic",
    });
  });

  it("is the server's scheduler where the server has one of a preset's name", () => {
    const own = { kind: "scheduler", name: "Speed", key: "Speed", hash: null } as const;
    expect(ask({ scheduler_or_quality_preset: "Speed" }, [...schedulers, own])).toEqual({
      steps: 20,
      scheduler: "Speed",
    });
  });
});

it("names a picture by its job and number, and finds both in the name again", () => {
  const jobId = "3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11";
  expect(imageName(jobId, 1, "image/jpeg")).toBe(`${jobId}_00001.jpg`);
  expect(parseImageName(imageName(jobId, 64, "image/png"))).toEqual({ jobId, index: 64 });
});
