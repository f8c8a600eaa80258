import { describe, expect, it } from "vitest";
import { describeHealth, diagnose, type Probes } from "../../src/forge/health.ts";

const READY: Probes = { ping: 200, options: 200, embeddings: 200, loras: 200, isIdle: true };

describe("what Forge's answers say about it", () => {
  it.each<[string, Partial<Probes>, string]>([
    ["all there, nothing running", {}, "ready"],
    ["somebody's own generation", { isIdle: false }, "busy"],
    ["404 everywhere, as in its first seconds", { ping: 404, options: 404 }, "starting"],
    ["scripts and LoRAs not there yet", { embeddings: 404 }, "starting"],
    ["LoRAs not there yet", { loras: 404 }, "starting"],
    ["the page without the API", { options: 404 }, "no_api"],
    ["a login wanted", { options: 401 }, "auth_required"],
    ["no page, as with --nowebui", { ping: 404 }, "ready"],
    ["an option of a wrong type in its config", { options: 500 }, "ready"],
    ["another program on that port", { ping: 403, options: 403 }, "not_forge"],
  ])("%s", (_, probes, type) => {
    expect(diagnose({ ...READY, ...probes }).type).toBe(type);
  });

  it("each trouble has a sentence of its own that says what to do", () => {
    const troubles = [
      { type: "busy" } as const,
      { type: "absent", code: "ECONNREFUSED" } as const,
      { type: "starting" } as const,
      { type: "no_api" } as const,
      { type: "auth_required" } as const,
      { type: "hung" } as const,
      { type: "not_forge", status: 403 } as const,
    ];
    const sentences = troubles.map((health) => describeHealth(health, "http://127.0.0.1:7860"));
    expect(new Set(sentences).size).toBe(troubles.length);
    expect(sentences.every((sentence) => sentence !== null && sentence.length > 30)).toBe(true);
    expect(describeHealth({ type: "ready" }, "")).toBeNull();
  });
});
