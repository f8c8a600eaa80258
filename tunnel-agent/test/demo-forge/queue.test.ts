import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readGenerated, RED_CUBE, type StartedForge, startForge } from "./started-forge.ts";

const SOON = { timeout: 10_000, interval: 5 };

/** Posts a job and leaves its answer open. */
function post(forge: StartedForge, id: string, fields: object = {}): Promise<Response> {
  return forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, force_task_id: id, ...fields });
}

/** Posts a job that stands still after a step, and waits until it does. */
async function postHanging(forge: StartedForge, id: string, step: number, fields: object = {}) {
  forge.faults.set({ hangAtStep: step });
  const answer = post(forge, id, fields);
  await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
  // In an object, so that awaiting this function does not await the answer.
  return { answer };
}

describe("progress", () => {
  it("before the first job is all zeros", async () => {
    const { progress, state } = await (await startForge()).progress();
    expect(progress).toBe(0);
    expect(state).toMatchObject({ job: "", job_count: 0, job_timestamp: "0", sampling_steps: 0 });
  });

  it("counts a step only when the next has ended: 10 steps stand at 0.71 after the eighth", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 7, { steps: 10 });
    const { progress, state, eta_relative } = await forge.progress();
    expect(progress).toBeCloseTo(0.71);
    expect(eta_relative).toBeGreaterThan(0);
    expect(state).toMatchObject({ job: "scripts_txt2img", job_count: 1, job_no: 0 });
    expect(state).toMatchObject({ sampling_step: 7, sampling_steps: 10 });
    const task = await forge.task("task(a)");
    expect(task).toMatchObject({ active: true, queued: false, completed: false, textinfo: null });
    expect(task.progress).toBeCloseTo(0.7);
    forge.faults.clear();
    await answer;
  });

  it("of the first of several steps is 0.01 here and 0 there", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 0, { steps: 3 });
    expect((await forge.progress()).progress).toBe(0.01);
    expect(await forge.task("task(a)")).toMatchObject({ progress: 0, eta: null });
    forge.faults.clear();
    await answer;
  });

  it("while a model loads has job_count -1 and the steps of the job before", async () => {
    const forge = await startForge();
    await forge.txt2img({ steps: 3 });
    forge.faults.set({ slowLoad: 50_000 });
    const answer = post(forge, "task(b)", {
      steps: 5,
      override_settings: { sd_model_checkpoint: "cyberrealisticPony_v8" },
    });
    await expect.poll(async () => (await forge.progress()).state.job_count, SOON).toBe(-1);
    const { state, progress } = await forge.progress();
    expect([state.sampling_steps, progress]).toEqual([3, 0.01]);
    await answer;
  });

  it("of the second of two batches starts at one half and names the batch", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 0, { n_iter: 2, steps: 4 });
    forge.faults.set({ hangAtStep: 2 });
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    forge.faults.set({ hangAtStep: 0 });
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    const { state, progress } = await forge.progress();
    expect(state).toMatchObject({ job: "Batch 2 out of 2", job_count: 2, job_no: 1 });
    expect(progress).toBeCloseTo(0.51);
    forge.faults.clear();
    expect((await readGenerated(await answer)).images).toHaveLength(2);
  });

  it("falls to 0 with the end of the job, whose counters stay", async () => {
    const forge = await startForge();
    await forge.txt2img({ steps: 3 });
    const { progress, state } = await forge.progress();
    expect([progress, state.job, state.job_count]).toEqual([0, "", 0]);
    expect([state.job_no, state.sampling_steps]).toEqual([1, 3]);
  });

  it("shows a small preview, once to whoever hands its number back", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 4, { steps: 9, width: 128, height: 64 });
    const { current_image } = await forge.progress();
    const size = await sharp(Buffer.from(current_image ?? "", "base64")).metadata();
    expect([size.width, size.height]).toEqual([16, 8]);
    const first = await forge.task("task(a)");
    expect(first.live_preview).toMatch(/^data:image\/png;base64,/);
    expect(first.id_live_preview).toBeGreaterThan(0);
    const again = await forge.ask("/internal/progress", {
      id_task: "task(a)",
      id_live_preview: first.id_live_preview,
    });
    expect(again).toMatchObject({
      live_preview: null,
      id_live_preview: first.id_live_preview,
    });
    const blind = await forge.read("/sdapi/v1/progress?skip_current_image=true");
    expect(blind).toMatchObject({ current_image: null });
    forge.faults.clear();
    await answer;
  });

  it("answers while a large picture is drawn and encoded", async () => {
    const forge = await startForge();
    const answer = post(forge, "task(a)", { width: 2048, height: 2048 });
    let polls = 0;
    let isAnswered = false;
    const done = answer.then(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      await forge.task("task(a)");
      polls += 1;
    }
    await done;
    expect(polls).toBeGreaterThan(5);
  });
});

describe("a waiting job", () => {
  it("is queued, in pending-tasks, and begins with the end of the one before", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 0, { steps: 2 });
    const second = post(forge, "task(b)");
    await expect
      .poll(() => forge.read("/internal/pending-tasks"), SOON)
      .toEqual({ size: 1, tasks: ["task(b)"] });
    expect(await forge.task("task(b)")).toMatchObject({
      active: false,
      queued: true,
      progress: null,
      textinfo: "In queue: 1/1",
    });
    forge.faults.clear();
    await Promise.all([answer, second]);
    expect(forge.jobs.map(({ taskId }) => taskId)).toEqual(["task(a)", "task(b)"]);
    expect(await forge.task("task(a)")).toMatchObject({ completed: true, textinfo: "Waiting..." });
  });

  it("begins before the client has the answer of the one before", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 0, { width: 1536, height: 1536 });
    const second = post(forge, "task(b)");
    await expect.poll(async () => (await forge.task("task(b)")).queued, SOON).toBe(true);
    let isAnswered = false;
    const first = answer.then(() => {
      isAnswered = true;
    });
    forge.faults.clear();
    await expect.poll(() => forge.jobs.length, { ...SOON, interval: 1 }).toBe(2);
    expect(isAnswered).toBe(false);
    expect(forge.jobs[0]?.imageSha256s).toEqual([]);
    await Promise.all([first, second]);
  });

  it("runs all its steps although its client has gone away", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 0);
    const leaving = new AbortController();
    const gone = fetch(`${forge.url}/sdapi/v1/txt2img`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...RED_CUBE, force_task_id: "task(b)", steps: 5 }),
      signal: leaving.signal,
    });
    await expect.poll(async () => (await forge.task("task(b)")).queued, SOON).toBe(true);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    forge.faults.clear();
    await answer;
    await expect.poll(async () => (await forge.task("task(b)")).completed, SOON).toBe(true);
    expect(forge.jobs[1]).toMatchObject({ taskId: "task(b)", stepsDone: 5, isInterrupted: false });
  });

  it("with an id that ran before is completed, queued and active at the same time", async () => {
    const forge = await startForge();
    await post(forge, "task(twin)");
    const { answer } = await postHanging(forge, "task(twin)", 0);
    const second = post(forge, "task(twin)");
    await expect
      .poll(() => forge.task("task(twin)"), SOON)
      .toMatchObject({ active: true, queued: true, completed: true });
    forge.faults.clear();
    await Promise.all([answer, second]);
  });
});

describe("two waiting jobs with one id", () => {
  it("are one entry of pending-tasks, and none once the first of them runs", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 0);
    const first = post(forge, "task(twin)", { steps: 3 });
    const second = post(forge, "task(twin)");
    const pending = () => forge.read("/internal/pending-tasks");
    await expect.poll(pending, SOON).toEqual({ size: 1, tasks: ["task(twin)"] });
    // The twin shows nowhere: what was asked after it has been answered, so it has arrived.
    await forge.get("/internal/ping");
    forge.faults.set({ hangAtStep: 1 });
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    expect(await forge.task("task(twin)")).toMatchObject({ active: true, queued: false });
    expect(await pending()).toEqual({ size: 0, tasks: [] });
    forge.faults.clear();
    await Promise.all([answer, first, second]);
    expect(forge.jobs.map(({ taskId }) => taskId)).toEqual(["task(a)", "task(twin)", "task(twin)"]);
  });
});

describe("a failed job", () => {
  it("stays active at 0 until the next begins, and never becomes completed", async () => {
    const forge = await startForge({ faults: { oom: 1 } });
    await post(forge, "task(bad)");
    expect(await forge.task("task(bad)")).toMatchObject({ active: true, progress: 0 });
    await post(forge, "task(good)");
    expect(await forge.task("task(bad)")).toMatchObject({ active: false, completed: false });
  });

  it("whose init image is unreadable stays among the pending ones for ever", async () => {
    const forge = await startForge();
    await forge.post("/sdapi/v1/img2img", {
      ...RED_CUBE,
      force_task_id: "task(ghost)",
      init_images: ["%%%"],
    });
    await forge.txt2img();
    expect(await forge.read("/internal/pending-tasks")).toEqual({
      size: 1,
      tasks: ["task(ghost)"],
    });
  });
});

describe("an interrupt", () => {
  it("lets the step end and answers 200 with a partial picture that says nothing of it", async () => {
    const forge = await startForge();
    const whole = await readGenerated(await post(forge, "task(whole)", { steps: 9 }));
    const { answer } = await postHanging(forge, "task(a)", 3, { steps: 9 });
    expect(await forge.ask("/sdapi/v1/interrupt", {})).toEqual({});
    forge.faults.clear();
    const partial = await readGenerated(await answer);
    expect(partial.images).toHaveLength(1);
    expect(partial.images).not.toEqual(whole.images);
    expect(partial.info.infotexts).toEqual(whole.info.infotexts);
    expect(forge.jobs[1]).toMatchObject({ stepsDone: 4, isInterrupted: true, state: "done" });
    expect((await forge.progress()).state.interrupted).toBe(true);
  });

  it("while a model loads costs no step and leaves no picture, but one infotext", async () => {
    const forge = await startForge({ faults: { slowLoad: 50_000 } });
    const answer = post(forge, "task(a)", { steps: 9 });
    await expect.poll(async () => (await forge.progress()).state.job_count, SOON).toBe(-1);
    await forge.ask("/sdapi/v1/interrupt", {});
    const { images, info } = await readGenerated(await answer);
    expect([images.length, info.infotexts.length]).toEqual([0, 1]);
    expect(forge.jobs[0]?.stepsDone).toBe(0);
  });

  it("in the first of two batches leaves one picture and the seeds of both", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 3, { steps: 8, n_iter: 2 });
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.clear();
    const { images, info } = await readGenerated(await answer);
    expect([images.length, info.infotexts.length, info.all_seeds.length]).toEqual([1, 1, 2]);
  });

  it("of an idle Forge stays visible and hurts nobody", async () => {
    const forge = await startForge();
    await forge.ask("/sdapi/v1/interrupt", {});
    expect((await forge.progress()).state.interrupted).toBe(true);
    await forge.txt2img({ steps: 4 });
    expect(forge.jobs[0]).toMatchObject({ stepsDone: 4, isInterrupted: false });
  });

  it("meant for a waiting job hits the one before it", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 1, { steps: 6 });
    const second = post(forge, "task(b)", { steps: 6 });
    await expect.poll(async () => (await forge.task("task(b)")).queued, SOON).toBe(true);
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.clear();
    await Promise.all([answer, second]);
    expect(forge.jobs.map(({ stepsDone }) => stepsDone)).toEqual([2, 6]);
  });
});

describe("a skip", () => {
  it("ends the batch only: all pictures come, and the flag is gone with the next batch", async () => {
    const forge = await startForge();
    const { answer } = await postHanging(forge, "task(a)", 2, { steps: 8, n_iter: 2 });
    expect(await forge.ask("/sdapi/v1/skip", {})).toBeNull();
    expect((await forge.progress()).state.skipped).toBe(true);
    forge.faults.clear();
    expect((await readGenerated(await answer)).images).toHaveLength(2);
    expect(forge.jobs[0]).toMatchObject({ stepsDone: 3 + 8, isInterrupted: false });
    expect((await forge.progress()).state.skipped).toBe(false);
  });
});
