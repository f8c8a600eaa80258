import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type DemoForgeOptions, startDemoForge } from "../../demo-forge/server.ts";
import { createForgeClient, type ForgeClient } from "../../src/forge/client.ts";
import { createLender } from "../../src/forge/lender.ts";
import { OVERRIDE_KEYS } from "../../src/job/request/payload-overrides.ts";
import { openJournal } from "../../src/journal.ts";

type Values = Readonly<Record<string, unknown>>;

const MODULES = ["ae.safetensors", "clip_l.safetensors", "demo_vae.safetensors"];
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const NEVER = new AbortController().signal;

/** A fresh demo Forge, which holds next to no option in its config, and an agent's lender beside it. */
async function open(options: { isDedicated?: boolean; forge?: DemoForgeOptions } = {}) {
  const forge = await startDemoForge({ timeScale: 0, ...options.forge });
  onTestFinished(() => forge.stop());
  const client = createForgeClient(forge.url, null);
  const stateDir = mkdtempSync(join(tmpdir(), "agent-lender-"));
  const { isDedicated = false } = options;
  /** The lender of an agent that has just started. */
  const startLender = (through: ForgeClient = client) => {
    const journal = openJournal(stateDir);
    const deps = { forge: through, journal, log: SILENT, keys: OVERRIDE_KEYS, isDedicated };
    return { ...createLender(deps), journal };
  };
  const generate = (overrides: Values, more: object = {}) =>
    client.generate(
      "/sdapi/v1/txt2img",
      {
        prompt: "a red cube",
        steps: 1,
        width: 64,
        height: 64,
        override_settings: overrides,
        override_settings_restore_afterwards: !isDedicated,
        ...more,
      },
      NEVER,
    );
  const shown = async () => (await client.get("/sdapi/v1/options")).body as Values;
  const choose = (values: Values) => client.post("/sdapi/v1/options", values);
  return { forge, client, startLender, generate, shown, choose };
}

const asking = (changes: Values) => (own: Values) => ({ ...own, ...changes });
const JOB = asking({ eta_noise_seed_delta: 31_337, CLIP_stop_at_last_layers: 2 });
const VAE_JOB = asking({ forge_additional_modules: ["demo_vae.safetensors"] });

describe("what a job changes of Forge's options", () => {
  it("is as before after it, also where Forge's config held none of it", async () => {
    const { startLender, generate, shown } = await open();
    const before = await shown();
    const lender = startLender();
    for (const job of [JOB, VAE_JOB, JOB]) {
      const own = await lender.lend(MODULES, job);
      expect((await generate(job(own))).status).toBe(200);
      await lender.takeBack();
      expect(await shown()).toMatchObject({
        eta_noise_seed_delta: before.eta_noise_seed_delta,
        CLIP_stop_at_last_layers: before.CLIP_stop_at_last_layers,
        forge_additional_modules: before.forge_additional_modules,
      });
    }
    expect(lender.journal.lent()).toEqual({});
  });

  it("is put back only after somebody's generation, which has begun behind ours", async () => {
    const { forge, startLender, generate, shown } = await open({ forge: { timeScale: 0.1 } });
    const lender = startLender();
    // Noted only, as by an agent that was killed before Forge had stored anything.
    const own = await lender.lend(MODULES, JOB);
    await startLender().lend(MODULES, JOB);
    expect((await generate({ ...JOB(own) })).status).toBe(200);
    const late = startLender();
    const theirs = generate({}, { steps: 30, width: 512, height: 512 });
    await vi.waitFor(() => expect(forge.jobs[1]?.stepsDone).toBeGreaterThan(1));
    const during = await shown();
    await late.takeBack();
    expect(await shown()).toEqual(during);
    expect(late.journal.lent()).not.toEqual({});
    await theirs;
    await late.takeBack();
    expect(late.journal.lent()).toEqual({});
  });

  it("is not seen by a person whose picture is next in line", async () => {
    const { forge, startLender, generate } = await open({ forge: { timeScale: 0.01 } });
    const lender = startLender();
    const own = await lender.lend(MODULES, JOB);
    const [ours, theirs] = await Promise.all([generate(JOB(own)), generate({})]);
    expect([ours.status, theirs.status]).toEqual([200, 200]);
    expect(forge.jobs.map((job) => job.clipSkip)).toEqual([2, 1]);
  });

  it.each([
    ["a job that Forge refused", { script_name: "no such script" }],
    ["a run that never reached Forge", null],
  ])("is as before after %s and the job behind it", async (_, refused) => {
    const { startLender, generate, shown } = await open();
    const lender = startLender();
    for (const job of [JOB, VAE_JOB]) {
      const own = await lender.lend(MODULES, job);
      if (refused) expect((await generate(job(own), refused)).status).toBe(422);
      await lender.takeBack();
      await generate(job(await lender.lend(MODULES, job)));
      await lender.takeBack();
    }
    const { eta_noise_seed_delta, forge_additional_modules } = await shown();
    expect({ eta_noise_seed_delta, forge_additional_modules }).toEqual({
      eta_noise_seed_delta: 0,
      forge_additional_modules: [],
    });
  });

  it("is not touched behind a run of ours: a job for which that would be needed waits for it", async () => {
    const { startLender, generate, shown } = await open();
    const lender = startLender();
    const own = await lender.lend(MODULES, JOB);
    // Stored already: the same options as the first one.
    expect(await lender.lendBehind(MODULES, JOB)).toEqual(own);
    const before = lender.journal.lent();
    expect(await lender.lendBehind(MODULES, asking({ emphasis: "None" }))).toBeNull();
    expect(lender.journal.lent()).toEqual(before);
    await generate(JOB(own));
    await lender.takeBack();
    expect((await shown()).eta_noise_seed_delta).toBe(0);
  });

  it("is put back before a job that leaves that option alone", async () => {
    const { startLender, generate, shown } = await open();
    const lender = startLender();
    await generate(VAE_JOB(await lender.lend(MODULES, VAE_JOB)));
    expect((await shown()).forge_additional_modules).not.toEqual([]);
    const only = (values: Values) => () => values;
    expect(await lender.lendBehind(MODULES, only({ emphasis: "Original" }))).toBeNull();
    await lender.lend(MODULES, only({ emphasis: "Original" }));
    expect((await shown()).forge_additional_modules).toEqual([]);
  });

  it("is put back by the next agent when this one was killed during the run", async () => {
    const { startLender, generate, shown } = await open();
    const own = await startLender().lend(MODULES, VAE_JOB);
    await generate(VAE_JOB(own));
    const next = startLender();
    expect(await next.lend(MODULES, (options) => options)).toMatchObject({
      forge_additional_modules: [],
    });
    await next.takeBack();
    expect((await shown()).forge_additional_modules).toEqual([]);
    expect(next.journal.lent()).toEqual({});
  });

  it("stays noted until Forge took it back", async () => {
    const { client, startLender, generate, shown } = await open();
    let refusals = 1;
    const flaky: ForgeClient = {
      ...client,
      post: async (path, body) => {
        if (refusals-- > 0) return { status: 500, body: {} };
        return client.post(path, body);
      },
    };
    const lender = startLender(flaky);
    const own = await lender.lend(MODULES, JOB);
    await generate(JOB(own));
    refusals = 1;
    await lender.takeBack();
    expect(lender.journal.lent()).toHaveProperty("eta_noise_seed_delta");
    await lender.takeBack();
    expect((await shown()).eta_noise_seed_delta).toBe(0);
    expect(lender.journal.lent()).toEqual({});
  });

  it("stays noted while Forge cannot tell its options", async () => {
    const { client, startLender, generate, shown } = await open();
    let isMute = false;
    const mute: ForgeClient = {
      ...client,
      get: async (path) => (isMute ? { status: 500, body: {} } : client.get(path)),
    };
    const lender = startLender(mute);
    await generate(VAE_JOB(await lender.lend(MODULES, VAE_JOB)));
    isMute = true;
    await lender.takeBack();
    expect(lender.journal.lent()).toHaveProperty("forge_additional_modules");
    isMute = false;
    await lender.takeBack();
    expect((await shown()).forge_additional_modules).toEqual([]);
  });

  it("stays noted while Forge is away, and harms nobody", async () => {
    const { forge, startLender, generate } = await open();
    const lender = startLender();
    const own = await lender.lend(MODULES, VAE_JOB);
    await generate(VAE_JOB(own));
    await forge.stop();
    await lender.takeBack();
    expect(lender.journal.lent()).toHaveProperty("forge_additional_modules");
    await expect(lender.lend(MODULES, JOB)).rejects.toThrow(/gave no answer/);
  });

  it("costs one question and one answer more for each option, once", async () => {
    const { client, startLender, generate } = await open();
    const asked: string[] = [];
    const counting: ForgeClient = {
      ...client,
      get: async (path) => {
        asked.push(`GET ${path}`);
        return client.get(path);
      },
      post: async (path, body) => {
        asked.push(`POST ${path}`);
        return client.post(path, body);
      },
    };
    const lender = startLender(counting);
    const run = async () => {
      asked.length = 0;
      await generate(JOB(await lender.lend(MODULES, JOB)));
      await lender.takeBack();
      return asked;
    };
    expect(await run()).toEqual(["GET /sdapi/v1/options", "POST /sdapi/v1/options"]);
    expect(await run()).toEqual(["GET /sdapi/v1/options"]);
    lender.forget();
    expect(await run()).toEqual(["GET /sdapi/v1/options", "POST /sdapi/v1/options"]);
  });
});

describe("what the owner of a box selects", () => {
  it("is what the very next job runs with", async () => {
    const { startLender, choose } = await open();
    const lender = startLender();
    await lender.lend(MODULES, (own) => own);
    await choose({ eta_noise_seed_delta: 5, forge_additional_modules: ["demo_vae.safetensors"] });
    expect(await lender.lend(MODULES, (own) => own)).toMatchObject({
      eta_noise_seed_delta: 5,
      forge_additional_modules: ["demo_vae.safetensors"],
    });
  });

  it("is not touched where Forge lists no modules and could not put them back", async () => {
    const { startLender, choose } = await open();
    await choose({ forge_additional_modules: ["demo_vae.safetensors"] });
    const own = await startLender().lend([], (options) => options);
    expect(own).not.toHaveProperty("forge_additional_modules");
  });
});

describe("on a dedicated box", () => {
  const MODEL_JOB = asking({
    sd_model_checkpoint: "Pony/cyberrealisticPony_v8.safetensors",
    eta_noise_seed_delta: 31_337,
  });

  it("a job's model stays selected, and nothing else", async () => {
    const { startLender, generate, shown } = await open({ isDedicated: true });
    const lender = startLender();
    await generate(MODEL_JOB(await lender.lend(MODULES, MODEL_JOB)));
    await lender.takeBack();
    expect(await shown()).toMatchObject({
      sd_model_checkpoint: "Pony/cyberrealisticPony_v8.safetensors",
      eta_noise_seed_delta: 0,
    });
  });

  it("what its owner changes is kept by every job after it", async () => {
    const { startLender, generate, shown, choose } = await open({ isDedicated: true });
    const lender = startLender();
    const run = async () => {
      await generate(MODEL_JOB(await lender.lend(MODULES, MODEL_JOB)));
      await lender.takeBack();
    };
    await run();
    await choose({ emphasis: "No norm", eta_noise_seed_delta: 5 });
    await run();
    await run();
    expect(await shown()).toMatchObject({ emphasis: "No norm", eta_noise_seed_delta: 5 });
  });

  it("a job without modules has the owner's, not those of the job before", async () => {
    const { startLender, generate } = await open({ isDedicated: true });
    const lender = startLender();
    await generate(VAE_JOB(await lender.lend(MODULES, VAE_JOB)));
    await lender.takeBack();
    const own = await startLender().lend(MODULES, (options) => options);
    expect(own).toMatchObject({ forge_additional_modules: [] });
  });
});
