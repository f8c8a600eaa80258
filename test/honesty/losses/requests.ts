import type { DemoForge } from "../../../tunnel-agent/demo-forge/server.ts";
import type { Body, Job } from "../loss.ts";

/** A unit of ControlNet that works. */
export const CANNY = {
  module: "canny",
  model: "demo_canny [de300001]",
  image: { picture: "photo" },
};

/** The part of a job that uses ControlNet with these units. */
export const controlNet = (...args: Job[]): Job => ({ alwayson_scripts: { ControlNet: { args } } });

/** The options that a request to Forge overrides, to be read or changed. */
export function overridesOf(request: Body): Body {
  return request.override_settings as Body;
}

const post = (path: string, body: Body) => async (forge: DemoForge) => {
  const headers = { "content-type": "application/json" };
  await fetch(forge.url + path, { method: "POST", headers, body: JSON.stringify(body) });
};

/** What the owner of a box does when they change these on Forge's own page. */
export const setsOptions = (options: Body) => post("/sdapi/v1/options", options);

/** What a person does who presses one of the two buttons on Forge's own page. */
export const presses = (button: "interrupt" | "skip") => post(`/sdapi/v1/${button}`, {});

/** What a person does who draws a picture of their own at Forge. */
export const draws = (request: Body) => post("/sdapi/v1/txt2img", { steps: 1, ...request });
