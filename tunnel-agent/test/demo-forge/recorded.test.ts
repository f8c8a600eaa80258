import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { shapeOf } from "./json-shape.ts";
import ran from "./recorded/ran.json" with { type: "json" };
import refused from "./recorded/refused.json" with { type: "json" };
import shapes from "./recorded/shapes.json" with { type: "json" };
import { RED_CUBE, startForge } from "./started-forge.ts";

const NAMED_BY = ["loaded", "skipped", "control_types", "metadata"];

describe("requests that a real Forge refused", () => {
  it.each(refused)("$name is answered with the same status and body", async (recorded) => {
    const forge = await startForge();
    const { text, headers, method } = recorded as {
      text?: string;
      headers?: object;
      method: string;
    };
    const response = await fetch(forge.url + recorded.path, {
      method,
      headers: { "content-type": "application/json", ...lowerCase(headers) },
      ...(text === undefined ? {} : { body: text }),
    });
    expect(response.status).toBe(recorded.status);
    expect(await response.json()).toEqual(recorded.body);
    expect(response.headers.get("allow")).toBe("allow" in recorded ? recorded.allow : null);
  });
});

describe("requests that a real Forge carried out", () => {
  it.each(ran)("$name gives the same info, infotexts and number of pictures", async (recorded) => {
    const forge = await startForge({ timeScale: 0 });
    const response = await forge.post("/sdapi/v1/txt2img", recorded.text);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as {
      images: string[];
      parameters: Record<string, unknown>;
      info: string;
    };
    expect(answer.images).toHaveLength(recorded.imageCount);
    expect(answer.parameters.override_settings).toEqual(recorded.override_settings);
    const isSeedDrawn = !recorded.text.includes('"seed"');
    expect(maskMoment(answer.info, isSeedDrawn)).toBe(maskMoment(recorded.info, isSeedDrawn));
  });

  it("echo every field with the defaults of the API", async () => {
    const forge = await startForge();
    const { parameters } = (await forge.ask("/sdapi/v1/txt2img", {
      prompt: "a red cube",
      steps: 1,
      width: 64,
      height: 64,
    })) as { parameters: object };
    expect(parameters).toEqual(shapes.txt2img);
    const picture = await sharp({
      create: { width: 64, height: 64, channels: 3, background: "#c00" },
    })
      .png()
      .toBuffer();
    const init = {
      ...RED_CUBE,
      denoising_strength: 0.5,
      init_images: [picture.toString("base64")],
    };
    const echo = (await forge.ask("/sdapi/v1/img2img", init)) as { parameters: object };
    expect(echo.parameters).toEqual(shapes.img2img);
  });
});

describe("lists", () => {
  it.each([
    ["/sdapi/v1/progress", "progress"],
    ["/sdapi/v1/sd-models", "sd-models"],
    ["/sdapi/v1/sd-modules", "sd-modules"],
    ["/sdapi/v1/loras", "loras"],
    ["/sdapi/v1/embeddings", "embeddings"],
    ["/sdapi/v1/script-info", "script-info"],
    ["/sdapi/v1/upscalers", "upscalers"],
    ["/controlnet/model_list", "controlnet-model_list"],
    ["/controlnet/module_list", "controlnet-module_list"],
    ["/controlnet/control_types", "controlnet-control_types"],
  ] as const)("%s has the names and types of a real answer", async (path, name) => {
    const forge = await startForge();
    expect(shapeOf(await forge.read(path), NAMED_BY)).toEqual(shapeOf(shapes[name], NAMED_BY));
  });

  it.each([
    ["/sdapi/v1/samplers", "samplers"],
    ["/sdapi/v1/schedulers", "schedulers"],
    ["/sdapi/v1/latent-upscale-modes", "latent-upscale-modes"],
    ["/sdapi/v1/scripts", "scripts"],
    ["/internal/pending-tasks", "internal-pending-tasks"],
  ] as const)("%s equals a real answer", async (path, name) => {
    const forge = await startForge();
    expect(await forge.read(path)).toEqual(shapes[name]);
  });

  it("/internal/progress without an id calls an idle Forge active, and an unknown id nothing", async () => {
    const forge = await startForge();
    expect(await forge.ask("/internal/progress", {})).toEqual(shapes["progress/no_id"]);
    expect(await forge.task("task(x)")).toEqual(shapes["progress/waiting"]);
  });

  it("png-info reads back what a picture says, with the parser's defaults", async () => {
    const forge = await startForge();
    const { images, info } = await forge.txt2img();
    const image = images[0]?.toString("base64");
    const answer = (await forge.ask("/sdapi/v1/png-info", { image })) as {
      info: string;
      parameters: Record<string, unknown>;
    };
    expect(answer.info).toBe(info.infotexts[0]);
    const { "Model hash": hash, ...rest } = answer.parameters;
    expect(hash).toEqual(info.sd_model_hash);
    const { parameters } = shapes["png-info"];
    expect(rest).toEqual({ ...parameters, Version: info.version });
  });
});

function lowerCase(headers: object = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

/** Takes out of an info text what differs by machine, moment and build. */
function maskMoment(info: string, isSeedDrawn: boolean): string {
  const drawn = isSeedDrawn ? /"(all_)?seeds?": (\d+|\[\d+\])|Seed: \d+/g : /^$/g;
  return info
    .replaceAll(/"(all_)?subseeds?": (\d+|\[[\d, ]+\])/g, "subseed")
    .replaceAll(drawn, "seed")
    .replaceAll(/"job_timestamp": "\d+"/g, "moment")
    .replaceAll(/Model hash: \w+, /g, "")
    .replaceAll(/"sd_model_hash": (null|"\w+")/g, "hash")
    .replaceAll(/demoPainter_v1|plain_sd15/g, "MODEL")
    .replaceAll(/demo-forge-[\d.]+|f2\.0\.1v[\w.-]+/g, "VERSION");
}
