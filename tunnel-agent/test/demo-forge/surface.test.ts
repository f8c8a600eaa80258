import { type IncomingMessage, request } from "node:http";
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

describe("launch flags", () => {
  it("without --port let cmd-flags tell them", async () => {
    const forge = await startForge({ noPort: true, noHashing: true });
    expect(await forge.read("/sdapi/v1/cmd-flags")).toMatchObject({
      api: true,
      api_auth: null,
      no_hashing: true,
      nowebui: false,
      port: null,
    });
  });

  it("--nowebui leaves out the page and /internal, and knows no module", async () => {
    const forge = await startForge({ noWebui: true });
    for (const path of ["/", "/internal/ping", "/internal/pending-tasks"]) {
      expect([path, (await forge.get(path)).status]).toEqual([path, 404]);
    }
    expect((await forge.post("/internal/progress", { id_task: "x" })).status).toBe(404);
    expect(await forge.read("/sdapi/v1/sd-modules")).toEqual([]);
    expect((await forge.txt2img()).images).toHaveLength(1);
  });

  it("--no-hashing leaves every hash out, of files, infotexts and LoRAs", async () => {
    const forge = await startForge({ noHashing: true });
    const { info } = await forge.txt2img({ prompt: "a red cube <lora:demo_ink:1>" });
    expect(info.infotexts[0]).not.toMatch(/hash/);
    expect(info.sd_model_hash).toBeNull();
    expect(await forge.read("/sdapi/v1/sd-models")).toContainEqual(
      expect.objectContaining({ title: "demoPainter_v1.safetensors", hash: null, sha256: null }),
    );
    expect(await forge.read("/sdapi/v1/options")).toMatchObject({ sd_checkpoint_hash: null });
  });
});

describe("a page of another origin", () => {
  const ask = async (url: string, origin: string, host?: string) => {
    const headers = { origin, ...(host === undefined ? {} : { host }) };
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
    request(url, { headers }, resolve).end();
    const answer = await promise;
    answer.resume();
    return answer;
  };

  it.each([
    ["http://evil.example", undefined, undefined],
    ["http://localhost:3000", undefined, "http://localhost:3000"],
    ["null", undefined, "null"],
    ["http://evil.example", "forge.lan:7860", "http://evil.example"],
  ])("%s under the host %s may read answers as %s", async (origin, host, allowed) => {
    const forge = await startForge();
    for (const path of ["/sdapi/v1/samplers", "/internal/ping"]) {
      const { statusCode, headers } = await ask(forge.url + path, origin, host);
      expect(statusCode).toBe(200);
      expect(headers["access-control-allow-origin"]).toBe(allowed);
      expect(headers["access-control-allow-credentials"]).toBe("true");
      expect(headers.vary).toBe(allowed && "Origin");
    }
  });

  it("is answered its preflight with 200, allowed or not", async () => {
    const forge = await startForge();
    const preflight = async (origin: string) => {
      const response = await fetch(`${forge.url}/sdapi/v1/txt2img`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,authorization",
        },
      });
      return [response.status, await response.text(), Object.fromEntries(response.headers)];
    };
    const common = {
      "access-control-allow-methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
      "access-control-max-age": "600",
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "content-type,authorization",
      "content-type": "text/plain; charset=utf-8",
    };
    expect(await preflight("http://evil.example")).toMatchObject([200, "OK", common]);
    const local = await preflight("http://localhost:3000");
    expect(local).toMatchObject([200, "OK", common]);
    expect(local[2]).toHaveProperty("access-control-allow-origin", "http://localhost:3000");
  });
});
