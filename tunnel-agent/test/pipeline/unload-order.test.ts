import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type DemoForgeOptions, startDemoForge } from "../../demo-forge/server.ts";
import { createForgeClient } from "../../src/forge/client.ts";
import { unloadIfDue } from "../../src/pipeline/unload-order.ts";

/** A Forge, and an order to unload it that has just come. `refuses`: it answers with that status. */
async function open(options: DemoForgeOptions = {}, refuses: number | null = null) {
  const forge = await startDemoForge({ timeScale: 0.1, ...options });
  onTestFinished(() => forge.stop());
  const real = createForgeClient(forge.url, null);
  const posted: string[] = [];
  const client: typeof real = {
    ...real,
    async post(path, body) {
      posted.push(path);
      return path.includes("unload") && refuses !== null
        ? { status: refuses, body: null }
        : real.post(path, body);
    },
  };
  const said: string[] = [];
  const note = (_: object, words: string) => void said.push(words);
  let isDue = true;
  const loaded: (string | null)[] = [];
  const run = () =>
    unloadIfDue({
      forge: client,
      log: { debug: note, info: note, warn: note, error: note },
      now: () => performance.now(),
      line: {
        inHand: () => ({ held: 0 }),
        async whileEmpty(work) {
          await work();
          return true;
        },
      },
      orders: {
        isUnloadDue: () => isDue,
        unloaded: () => {
          isDue = false;
        },
      },
      boxWatch: {
        loaded: (checkpoint) => void loaded.push(checkpoint),
        readMemory: async () => undefined,
      },
    });
  return { forge, client: real, run, posted, said, loaded, isDue: () => isDue };
}

describe("an order to unload", () => {
  it("is not carried out under the hands of somebody whose generation has just begun, and stands", async () => {
    const { forge, client, run, posted, loaded, isDue } = await open();
    const body = { prompt: "theirs", steps: 30, width: 512, height: 512 };
    const theirs = client.generate("/sdapi/v1/txt2img", body, new AbortController().signal);
    await vi.waitFor(() => expect(forge.jobs[0]?.stepsDone).toBeGreaterThan(1));
    await run();
    expect(posted).toEqual([]);
    expect(isDue()).toBe(true);
    expect((await theirs).status).toBe(200);
    await run();
    expect(loaded).toEqual([null]);
    expect(isDue()).toBe(false);
  });

  it.each([404, 500])(
    "that Forge answers with %s is said so, and the model is not called gone",
    async (status) => {
      const { run, posted, said, loaded } = await open({}, status);
      await run();
      await run();
      expect(posted).toHaveLength(1);
      expect(loaded).toEqual([]);
      expect(said).toEqual([
        "Forge did not take the model out of the GPU's memory, as its owner asked",
      ]);
    },
  );
});
