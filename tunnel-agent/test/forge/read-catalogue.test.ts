import { Catalogue } from "@mobilesd/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../demo-forge/server.ts";
import { createForgeClient, type ForgeClient } from "../../src/forge/client.ts";
import { readCatalogue } from "../../src/forge/read-catalogue.ts";

let forge: DemoForge;
let client: ForgeClient;

beforeAll(async () => {
  forge = await startDemoForge({ timeScale: 0 });
  client = createForgeClient(forge.url, null);
});

afterAll(async () => {
  await forge.stop();
});

/** The same Forge, but one of its lists is another. */
function withList(path: string, body: unknown): ForgeClient {
  const get = async (asked: string) => (asked === path ? { status: 200, body } : client.get(asked));
  return { ...client, get };
}

describe("the catalogue of a box", () => {
  it("holds names in Forge's own spelling and no path of the host", async () => {
    const { catalogue, droppedCount } = await readCatalogue(client, []);
    expect(droppedCount).toBe(0);
    expect(catalogue.checkpoints).toContainEqual({
      name: "Pony/cyberrealisticPony_v8.safetensors",
      basename: "cyberrealisticPony_v8",
      hash: null,
      sha256: null,
    });
    expect(catalogue.samplers).toContain("Euler a");
    expect(catalogue.schedulers).toContainEqual({ name: "karras", label: "Karras" });
    expect(catalogue.styles.some((style) => style.startsWith("---"))).toBe(false);
    expect(JSON.stringify(catalogue)).not.toContain("DEMO_FORGE/");
    expect(Catalogue.safeParse(catalogue).success).toBe(true);
  });

  it("keeps what its styles hold for the box alone", async () => {
    const { catalogue, stylePrompts } = await readCatalogue(client, []);
    expect(stylePrompts.get("Demo oil painting")).toEqual({
      prompt: "oil painting, {prompt}, detailed",
      negative_prompt: "blurry",
    });
    expect(JSON.stringify(catalogue)).not.toContain("{prompt}");
  });

  it("does without a name that nobody could write, and keeps all others", async () => {
    const rows = [
      { name: "fine", alias: "" },
      { name: "no alias", alias: null },
      { name: "", alias: "empty" },
      { name: "x".repeat(600), alias: "long" },
    ];
    const { catalogue, droppedCount } = await readCatalogue(withList("/sdapi/v1/loras", rows), []);
    expect(catalogue.loras).toEqual([
      { name: "fine", alias: "fine" },
      { name: "no alias", alias: "no alias" },
    ]);
    expect(droppedCount).toBe(2);
  });

  it("keeps a script whose label is a whole text", async () => {
    const script = { name: "s", is_alwayson: true, is_img2img: false };
    const rows = [{ ...script, args: [{ label: "y".repeat(900) }, { label: null }] }];
    const { catalogue } = await readCatalogue(withList("/sdapi/v1/script-info", rows), []);
    expect(catalogue.scripts[0]?.arg_labels).toEqual(["y".repeat(500), null]);
  });

  it("leaves out the scripts that do nothing in a job, such as the page's own sampler", async () => {
    const { catalogue } = await readCatalogue(client, []);
    const names = catalogue.scripts.map((script) => script.name);
    expect(names).toContain("controlnet");
    expect(names).not.toContain("sampler");
    expect(names).not.toContain("seed");
  });

  it("is not made up where a list cannot be read: the error names the route", async () => {
    const broken = withList("/sdapi/v1/sd-modules", { detail: "Not Found" });
    await expect(readCatalogue(broken, [])).rejects.toThrow(/\/sdapi\/v1\/sd-modules/);
  });
});
