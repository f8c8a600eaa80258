import { describe, expect, it } from "vitest";
import { RED_CUBE, startForge } from "./started-forge.ts";

const SOON = { timeout: 10_000, interval: 5 };

describe("the record of a job", () => {
  it("tells when it came, began, left the lock and was answered, in this order", async () => {
    const forge = await startForge();
    const before = Date.now();
    await forge.txt2img();
    await expect.poll(() => forge.jobs[0]?.answeredAt, SOON).not.toBeNull();
    const { arrivedAt, beginAt, endAt, answeredAt, interruptedAt } = forge.jobs[0] ?? {};
    const times = [arrivedAt, beginAt, endAt, answeredAt].map(Number);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(Number(arrivedAt)).toBeGreaterThanOrEqual(before);
    expect(interruptedAt).toBeNull();
  });

  it("of one that waited shows that it began at once when the one before it left the lock", async () => {
    const forge = await startForge();
    await Promise.all([forge.txt2img({ steps: 4 }), forge.txt2img({ steps: 4 })]);
    const [first, second] = forge.jobs;
    expect(Number(second?.arrivedAt)).toBeLessThan(Number(first?.endAt));
    expect(Number(second?.beginAt) - Number(first?.endAt)).toBeGreaterThanOrEqual(0);
    expect(Number(second?.beginAt)).toBeLessThan(Number(first?.answeredAt));
  });

  it("tells when an interrupt reached it, and nothing of one that reached nobody", async () => {
    const forge = await startForge();
    await forge.txt2img();
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.set({ hangAtStep: 1 });
    const answer = forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, steps: 4 });
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    await forge.ask("/sdapi/v1/interrupt", {});
    const hitAt = forge.jobs[1]?.interruptedAt;
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.clear();
    await answer;
    const [first, second] = forge.jobs;
    expect(first?.interruptedAt).toBeNull();
    expect(Number(hitAt)).toBeGreaterThan(Number(second?.beginAt));
    expect(Number(hitAt)).toBeLessThan(Number(second?.endAt));
    expect(second?.interruptedAt).toBe(hitAt);
  });
});

describe("encoding an answer", () => {
  /** The waits of one job at a Forge that is as quick as it can be, from its last step on. */
  async function waitsOf(fields: object): Promise<number[]> {
    const waits: number[] = [];
    const forge = await startForge({
      timeScale: 1,
      sleep: async (durationMs) => void waits.push(durationMs),
    });
    await forge.txt2img(fields);
    return waits;
  }

  it("takes a picture of 2048 x 2048 the 0.7 s that it takes a real Forge, each picture anew", async () => {
    const waits = await waitsOf({ width: 2048, height: 2048, n_iter: 2 });
    expect(waits.slice(-2).map(Math.round)).toEqual([700, 700]);
  });

  it("does not hold up the next job, which is through while the answer is still made", async () => {
    let release = () => {};
    const encoding = new Promise<void>((resolve) => {
      release = resolve;
    });
    let waits = 0;
    const forge = await startForge({
      timeScale: 1,
      sleep: async (durationMs) => {
        waits += 1;
        if (Math.round(durationMs) === 700) await encoding;
      },
    });
    const large = { ...RED_CUBE, width: 2048, height: 2048 };
    const first = forge.post("/sdapi/v1/txt2img", large);
    await expect.poll(() => forge.jobs[0]?.endAt ?? null, SOON).not.toBeNull();
    const seen = waits;
    await forge.txt2img();
    expect(waits).toBeGreaterThan(seen);
    expect(forge.jobs[0]?.answeredAt).toBeNull();
    release();
    expect((await first).status).toBe(200);
  });
});
