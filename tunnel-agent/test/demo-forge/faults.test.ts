import { describe, expect, it, vi } from "vitest";
import { parseFaults } from "../../demo-forge/faults.ts";
import { RED_CUBE, startForge } from "./started-forge.ts";

const SOON = { timeout: 10_000, interval: 5 };

describe("a fault", () => {
  it("oom fails the job after a step with Forge's error, for as many jobs as asked", async () => {
    const forge = await startForge({ faults: { oom: 2 } });
    for (const _job of [1, 2]) {
      const response = await forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, steps: 5 });
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({
        error: "OutOfMemoryError",
        detail: "",
        message: expect.stringMatching(/^CUDA out of memory/),
      });
    }
    expect((await forge.txt2img()).images).toHaveLength(1);
    expect(forge.jobs.map(({ state, stepsDone }) => [state, stepsDone])).toEqual([
      ["failed", 1],
      ["failed", 1],
      ["done", 1],
    ]);
  });

  it("of too much memory also comes from a job that is too large", async () => {
    const forge = await startForge();
    const job = { ...RED_CUBE, width: 4096, height: 4096, batch_size: 16 };
    const response = await forge.post("/sdapi/v1/txt2img", job);
    expect(await response.json()).toMatchObject({ error: "OutOfMemoryError" });
  });

  it("error500 fails the job before its first step", async () => {
    const forge = await startForge({ faults: { error500: 1 } });
    const response = await forge.post("/sdapi/v1/txt2img", RED_CUBE);
    expect([response.status, (await response.json()) as object]).toMatchObject([
      500,
      { error: "RuntimeError" },
    ]);
    expect(forge.jobs[0]?.stepsDone).toBe(0);
  });

  it("hangAtStep holds the job, interrupt or not, until the faults change", async () => {
    const forge = await startForge({ faults: { hangAtStep: 2 } });
    const answer = forge.txt2img({ steps: 4, force_task_id: "task(a)" });
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    await forge.ask("/sdapi/v1/interrupt", {});
    expect((await forge.progress()).state.sampling_step).toBe(2);
    expect(forge.jobs[0]?.state).toBe("running");
    forge.faults.clear();
    await answer;
    expect(forge.jobs[0]?.stepsDone).toBe(3);
  });

  it.each([{ crash: true }, { crashAtStep: 1 }])(
    "%j drops every connection without a byte and frees the port",
    async (fault) => {
      const onCrash = vi.fn();
      const forge = await startForge({ onCrash });
      forge.faults.set({ hangAtStep: 0 });
      const running = forge.txt2img({ steps: 3 });
      const waiting = forge.txt2img({ steps: 3 });
      const outcomes = Promise.allSettled([running, waiting]);
      await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
      forge.faults.set(fault);
      if ("crash" in fault) await expect(forge.txt2img()).rejects.toThrow("fetch failed");
      expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      await expect.poll(() => onCrash, SOON).toHaveBeenCalledOnce();
      await expect(forge.get("/internal/ping")).rejects.toThrow("fetch failed");
      const next = await startForge({ port: Number(new URL(forge.url).port) });
      expect((await next.get("/internal/ping")).status).toBe(200);
    },
  );

  it("wrongModel runs another checkpoint, which only info tells", async () => {
    const forge = await startForge({ faults: { wrongModel: 1 } });
    const override_settings = { sd_model_checkpoint: "cyberrealisticPony_v8" };
    const wrong = await forge.txt2img({ override_settings });
    expect(wrong.parameters.override_settings).toEqual(override_settings);
    expect(wrong.info.sd_model_name).not.toBe("cyberrealisticPony_v8");
    const right = await forge.txt2img({ override_settings });
    expect(right.info.sd_model_name).toBe("cyberrealisticPony_v8");
  });

  it("emptyImages answers 200 with full info and no picture", async () => {
    const forge = await startForge({ faults: { emptyImages: 1 } });
    const { images, info } = await forge.txt2img();
    expect([images.length, info.infotexts.length]).toEqual([0, 1]);
    expect((await forge.txt2img()).images).toHaveLength(1);
  });

  it("dropAnswer runs the job and closes the connection", async () => {
    const forge = await startForge({ faults: { dropAnswer: 1 } });
    await expect(forge.txt2img({ force_task_id: "task(a)" })).rejects.toThrow("fetch failed");
    expect(await forge.task("task(a)")).toMatchObject({ completed: true });
    expect(forge.jobs[0]).toMatchObject({ state: "done", stepsDone: 1 });
  });

  it("truncateAnswer begins with 200 and a length, and breaks off in the middle", async () => {
    const forge = await startForge({ faults: { truncateAnswer: 1 } });
    const response = await forge.post("/sdapi/v1/txt2img", RED_CUBE);
    expect(response.status).toBe(200);
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(1000);
    await expect(response.text()).rejects.toThrow("terminated");
    expect((await forge.txt2img()).images).toHaveLength(1);
  });

  it("slowLoad makes loading longer", async () => {
    const forge = await startForge({ timeScale: 0.01, faults: { slowLoad: 30_000 } });
    const begin = performance.now();
    await forge.txt2img();
    expect(performance.now() - begin).toBeGreaterThan(300);
  });

  it("on the command line is JSON, and a wrong one is named", () => {
    expect(parseFaults('{"oom":1,"hangAtStep":3,"crash":true}')).toEqual({
      oom: 1,
      hangAtStep: 3,
      crash: true,
    });
    expect(() => parseFaults('{"nope":1}')).toThrow('There is no fault "nope", only oom,');
    expect(() => parseFaults('{"oom":-1}')).toThrow('Fault "oom" cannot be -1');
    expect(() => parseFaults('{"oom":null}')).toThrow('Fault "oom" cannot be null');
    expect(() => parseFaults("[]")).toThrow("Faults must be a JSON object");
  });
});
