import type { ServerView } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  changeWords,
  modeWord,
  serverFacts,
  serverWords,
  unloadWords,
} from "../../src/web/server-words.ts";
import { sinceWords } from "../../src/web/time-words.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

const BOX: ServerView = {
  alias: "Attic",
  forge: { flavour: "forge", version: null },
  agent_version: "1.2.0",
  session_started_at: inSeconds(-3_600),
  is_present: true,
  last_seen_at: inSeconds(-120),
  is_connected: true,
  mode: "active",
  gpu: { name: "RTX 4090", vram_bytes: 24 * 1024 ** 3 },
  free_vram_bytes: 20.5 * 1024 ** 3,
  loaded_checkpoint: "Pony/cyberrealisticPony_v8.safetensors",
  forge_state: "ready",
  current_job: null,
  held_jobs: 0,
  has_catalogue: true,
  queue_length: 0,
  estimated_start_time: inSeconds(0),
};

const fact = (name: string, more: Partial<ServerView> = {}) =>
  new Map(serverFacts({ ...BOX, ...more }, NOW)).get(name);

describe("the line of a box", () => {
  it.each([
    ["Forge", {}],
    ["Forge Neo 2.1", { forge: { flavour: "neo", version: "2.1" } }],
    ["stand-in pictures, no Stable Diffusion", { forge: { flavour: "demo", version: null } }],
    [
      `away since ${sinceWords(inSeconds(-7_200), NOW)}`,
      { is_present: false, last_seen_at: inSeconds(-7_200) },
    ],
    ["its agent has not come yet", { forge: null, is_present: false, last_seen_at: null }],
  ])("tells what it is or since when it is away: %s", (words, more) => {
    expect(serverWords({ ...BOX, ...more }, NOW)).toBe(words);
  });

  it("says that it takes no jobs, and nothing where it does", () => {
    expect(modeWord(BOX)).toBeNull();
    expect(modeWord({ ...BOX, mode: "paused" })).toBe("Paused");
    expect(modeWord({ ...BOX, mode: "draining", held_jobs: 1 })).toBe("Draining");
    expect(modeWord({ ...BOX, mode: "draining" })).toBe("Drained");
    expect(modeWord({ ...BOX, mode: "draining", is_present: false })).toBe("Draining");
  });
});

describe("what is known of a box", () => {
  it("is its GPU with the memory that is free, and no line for what is not known", () => {
    expect(fact("GPU")).toBe("RTX 4090, 24\u00a0GB, 20.5\u00a0GB\u00a0free");
    expect(fact("GPU", { free_vram_bytes: null })).toBe("RTX 4090, 24\u00a0GB");
    expect(fact("GPU", { gpu: null, free_vram_bytes: null })).toBeUndefined();
    expect(fact("Model")).toBe("cyberrealisticPony_v8");
    expect(fact("Model", { loaded_checkpoint: null })).toBeUndefined();
  });

  it("is what it does now, and whose job that is", () => {
    const current_job = {
      mobilesd_job_id: "id",
      progress: 43,
      estimated_completion_time: inSeconds(20),
    };
    expect(fact("Now", { current_job })).toBe("draws, 43 %, about 20 s left");
    expect(fact("Now", { current_job: { ...current_job, mobilesd_job_id: null } })).toBe(
      "draws for somebody else, 43 %, about 20 s left",
    );
    expect(fact("Now")).toBe("nothing");
    expect(fact("Now", { forge_state: "absent" })).toBe("Forge does not run");
    expect(fact("Now", { mode: "draining" })).toBe("drained, it can be switched off");
    expect(fact("Now", { is_present: false })).toBe("away");
    expect(fact("Now", { forge_state: "busy" })).toBe("Forge is busy with somebody's own work");
    expect(fact("Hears of jobs")).toBe("at once");
    expect(fact("Hears of jobs", { is_present: false })).toBeUndefined();
  });

  it("is its line, with a time only where one can be given", () => {
    expect(fact("In line")).toBe("no job; one more would start at once");
    const more = { queue_length: 3, estimated_start_time: inSeconds(180) };
    expect(fact("In line", more)).toBe("3 jobs; one more would start in about 3 min");
    expect(fact("In line", { ...more, mode: "paused" })).toBe("3 jobs");
    expect(fact("In line", { ...more, forge_state: "busy" })).toBe("3 jobs");
    expect(fact("In line", { ...more, queue_length_is_minimum: true, is_present: false })).toBe(
      "more than 3 jobs",
    );
  });
});

describe("what is said after a box was told something", () => {
  const change = { alias: "Attic", mode: "active", held_jobs: 0, is_heard: true } as const;

  it.each([
    [{}, "It takes jobs again."],
    [{ mode: "paused" }, "Paused."],
    [{ mode: "paused", held_jobs: 1 }, "Paused. The running job is finished first."],
    [{ mode: "draining" }, "Drained: it can be switched off."],
    [{ mode: "draining", held_jobs: 2 }, "Draining: it finishes its 2 jobs and takes no more."],
    [{ mode: "paused", is_heard: false }, "Paused. It hears of it when it asks next."],
  ] as const)("is what that comes to: %o", (more, words) => {
    expect(changeWords({ ...change, ...more })).toBe(words);
  });

  it("is when its model leaves the memory", () => {
    expect(unloadWords(change)).toBe(
      "Its model leaves the GPU's memory as soon as nothing runs there.",
    );
  });
});
