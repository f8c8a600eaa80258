import { describe, expect, it } from "vitest";
import { RED_CUBE, startForge } from "./started-forge.ts";

const basic = (login: string) => ({
  authorization: `Basic ${Buffer.from(login).toString("base64")}`,
});

describe("--api-auth", () => {
  it.each([
    ["no header", {}, "Not authenticated"],
    ["a bearer token", { authorization: "Bearer x" }, "Not authenticated"],
    ["broken base64", { authorization: "Basic %%%" }, "Invalid authentication credentials"],
    ["a wrong user", basic("nobody:pass"), "Incorrect username or password"],
    ["a wrong password", basic("user:nope"), "Incorrect username or password"],
  ])("refuses %s with 401 in Forge's words", async (_name, headers, detail) => {
    const forge = await startForge({ apiAuth: "user:pass,other:word" });
    const response = await forge.get("/sdapi/v1/samplers", headers);
    expect([response.status, await response.json()]).toEqual([401, { detail }]);
    expect(response.headers.get("www-authenticate")).toBe("Basic");
  });

  it("lets each of its logins in, also to make pictures", async () => {
    const forge = await startForge({ apiAuth: "user:pass,other:word" });
    for (const login of ["user:pass", "other:word"]) {
      expect((await forge.get("/sdapi/v1/options", basic(login))).status).toBe(200);
      const response = await fetch(`${forge.url}/sdapi/v1/txt2img`, {
        method: "POST",
        headers: { ...basic(login), "content-type": "application/json" },
        body: JSON.stringify(RED_CUBE),
      });
      expect(response.status).toBe(200);
    }
  });

  it("leaves LoRAs, ControlNet and /internal open, and unknown paths 404", async () => {
    const forge = await startForge({ apiAuth: "user:pass" });
    for (const path of ["/sdapi/v1/loras", "/controlnet/model_list", "/internal/ping"]) {
      expect([path, (await forge.get(path)).status]).toEqual([path, 200]);
    }
    expect((await forge.get("/sdapi/v1/nope")).status).toBe(404);
  });

  it("answers a body that is not JSON before it asks for the login, a wrong field after", async () => {
    const forge = await startForge({ apiAuth: "user:pass" });
    expect((await forge.post("/sdapi/v1/txt2img", "{")).status).toBe(422);
    expect((await forge.post("/sdapi/v1/txt2img", { prompt: 5 })).status).toBe(401);
  });
});

describe("the routes", () => {
  it("without --api are /internal, ControlNet and LoRAs only", async () => {
    const forge = await startForge({ hasApi: false });
    for (const path of ["/internal/ping", "/sdapi/v1/loras", "/controlnet/model_list", "/"]) {
      expect([path, (await forge.get(path)).status]).toEqual([path, 200]);
    }
    for (const path of ["/sdapi/v1/options", "/sdapi/v1/embeddings", "/sdapi/v1/sd-modules"]) {
      const response = await forge.get(path);
      expect([response.status, await response.json()]).toEqual([404, { detail: "Not Found" }]);
    }
    expect((await forge.post("/sdapi/v1/txt2img", RED_CUBE)).status).toBe(404);
  });

  it("are recognised as Forge's by openapi.json, whose title says that it is a demo", async () => {
    const forge = await startForge();
    const api = (await forge.read("/openapi.json")) as {
      info: { title: string };
      paths: Record<string, object>;
      components: { schemas: Record<string, { properties: Record<string, object> }> };
    };
    expect(api.info.title).toBe("Demo Forge (a stand-in, not Stable Diffusion)");
    expect(Object.keys(api.paths)).toContain("/sdapi/v1/sd-modules");
    const { StableDiffusionProcessingTxt2Img: txt2img, StableDiffusionProcessingImg2Img: img2img } =
      api.components.schemas;
    expect(txt2img?.properties.hr_additional_modules).toBeDefined();
    expect(txt2img?.properties.scheduler).toBeDefined();
    expect(txt2img?.properties.steps).toMatchObject({ default: 50 });
    expect(img2img?.properties.mask_blur_x).toBeDefined();
    expect(await forge.read("/sdapi/v1/options")).toHaveProperty("forge_preset");
  });

  it("answer HEAD and other methods with 405, and a slash at the end with 307", async () => {
    const forge = await startForge();
    const head = await fetch(`${forge.url}/sdapi/v1/options`, { method: "HEAD" });
    expect([head.status, head.headers.get("allow")]).toEqual([405, "GET"]);
    const slash = await forge.get("/sdapi/v1/options/");
    expect([slash.status, slash.headers.get("location")]).toEqual([
      307,
      `${forge.url}/sdapi/v1/options`,
    ]);
  });

  it("always tell the length of their answer", async () => {
    const forge = await startForge();
    const response = await forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, width: 512 });
    const length = response.headers.get("content-length");
    expect(Number(length)).toBe((await response.arrayBuffer()).byteLength);
  });

  it("refuse a body that is not UTF-8 with 400, and read JSON without a content type", async () => {
    const forge = await startForge();
    const post = (body: Blob) =>
      fetch(`${forge.url}/internal/progress`, { method: "POST", body, headers: {} });
    const broken = await post(new Blob([new Uint8Array([0x7b, 0xff])]));
    expect([broken.status, await broken.json()]).toEqual([
      400,
      { detail: "There was an error parsing the body" },
    ]);
    expect((await post(new Blob(['{"id_task":"x"}']))).status).toBe(200);
  });

  it("fail on cmd-flags with all flags in the error, as after --port", async () => {
    const forge = await startForge();
    const response = await forge.get("/sdapi/v1/cmd-flags");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      error: "ResponseValidationError",
      body: { cuda_malloc: false, pin_shared_memory: false },
    });
  });

  it("show a page at / that says what this is", async () => {
    const response = await (await startForge()).get("/");
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await response.text()).toMatch(/a stand-in, not Stable Diffusion/);
  });

  it("tell nothing of a machine but made-up folders", async () => {
    const forge = await startForge();
    for (const path of ["sd-models", "sd-modules", "loras", "cmd-flags", "options"]) {
      const text = await (await forge.get(`/sdapi/v1/${path}`)).text();
      expect(text).not.toMatch(/"(\/|[A-Z]:\\)\w/);
    }
  });

  it("free the memory and rescan checkpoints when asked", async () => {
    const forge = await startForge();
    expect(await forge.ask("/sdapi/v1/unload-checkpoint", {})).toEqual({});
    expect(await forge.ask("/sdapi/v1/refresh-checkpoints", {})).toBeNull();
    expect(await forge.read("/sdapi/v1/memory")).toMatchObject({
      ram: { total: expect.any(Number) },
      cuda: { events: { oom: 0 } },
    });
  });

  it("refuse what the demo cannot do instead of leaving it out", async () => {
    const forge = await startForge();
    for (const fields of [
      { script_name: "X/Y/Z plot" },
      { script_name: "prompts from file or textbox" },
    ]) {
      const response = await forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, ...fields });
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ error: "NotImplementedError" });
    }
    const init = { init_images: [""], infotext: "a cat" };
    const response = await forge.post("/sdapi/v1/img2img", { ...RED_CUBE, ...init });
    expect(await response.json()).toMatchObject({ error: "NotImplementedError" });
  });
});
