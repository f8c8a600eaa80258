import { onTestFinished } from "vitest";
import { type DemoForge, type DemoForgeOptions, startDemoForge } from "../../demo-forge/server.ts";

/** A request that is small and quick; the base of all the recordings too. */
export const RED_CUBE = {
  prompt: "a red cube",
  seed: 1,
  steps: 1,
  width: 64,
  height: 64,
  sampler_name: "Euler",
};

/** An answer of txt2img or img2img, its info already read. */
export interface Generated {
  images: Buffer[];
  parameters: Record<string, unknown>;
  info: Record<string, unknown> & { infotexts: string[]; all_seeds: number[] };
}

/** A demo Forge a hundred times faster than a card, with short ways to ask it. */
export interface StartedForge extends DemoForge {
  get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  post: (path: string, body: unknown) => Promise<Response>;
  /** The JSON of a GET. */
  read: (path: string) => Promise<unknown>;
  /** The JSON of a POST. */
  ask: (path: string, body: unknown) => Promise<unknown>;
  txt2img: (fields?: object) => Promise<Generated>;
  img2img: (fields: object) => Promise<Generated>;
  /** The `state` of /sdapi/v1/progress and its figures. */
  progress: () => Promise<Progress>;
  /** What /internal/progress says about a task. */
  task: (id: string) => Promise<TaskState>;
}

/** The part of /sdapi/v1/progress that tests look at. */
interface Progress {
  progress: number;
  eta_relative: number;
  current_image: string | null;
  state: {
    job: string;
    job_count: number;
    job_no: number;
    sampling_step: number;
    sampling_steps: number;
    interrupted: boolean;
    skipped: boolean;
    job_timestamp: string;
  };
}

/** The answer of /internal/progress. */
interface TaskState {
  active: boolean;
  queued: boolean;
  completed: boolean;
  progress: number | null;
  eta: number | null;
  live_preview: string | null;
  id_live_preview: number;
  textinfo: string | null;
}

/** Starts a demo Forge that ends with the test. */
export async function startForge(options: DemoForgeOptions = {}): Promise<StartedForge> {
  const forge = await startDemoForge({ timeScale: 0.01, ...options });
  onTestFinished(() => forge.stop());
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(forge.url + path, { headers, redirect: "manual" });
  const post = (path: string, body: unknown) =>
    fetch(forge.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const generate = async (path: string, fields: object) =>
    readGenerated(await post(path, { ...RED_CUBE, ...fields }));
  return {
    ...forge,
    get,
    post,
    read: async (path) => (await get(path)).json(),
    ask: async (path, body) => (await post(path, body)).json(),
    txt2img: (fields = {}) => generate("/sdapi/v1/txt2img", fields),
    img2img: (fields) => generate("/sdapi/v1/img2img", fields),
    progress: async () => (await get("/sdapi/v1/progress")).json() as Promise<Progress>,
    task: async (id) =>
      (await post("/internal/progress", { id_task: id })).json() as Promise<TaskState>,
  };
}

/** Reads the pictures and the info of an answer; throws when it is not 200. */
export async function readGenerated(response: Response): Promise<Generated> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const answer = (await response.json()) as { images: string[]; info: string } & Generated;
  return {
    parameters: answer.parameters,
    images: answer.images.map((image) => Buffer.from(image, "base64")),
    info: JSON.parse(answer.info),
  };
}
