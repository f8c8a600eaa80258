import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { choose, tick } from "../forge-truth/page/inputs.ts";
import { until } from "../support/box/until.ts";
import { type Lab, type OpenHost, startLab, waitForPage } from "./support/lab.ts";
import { queueScreen } from "./support/queue-button.ts";
import { setFields } from "./support/screen.ts";

/** What is set on the page, and what Forge must then be asked. */
const FIELDS = {
  txt2img_neg_prompt: "blurry",
  txt2img_steps: 8,
  txt2img_cfg_scale: 4.5,
  txt2img_seed: 99,
};
const ASKED = { negative_prompt: "blurry", steps: 8, cfg_scale: 4.5, seed: 99 };

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

/** Starts a host with these options, opens its page, and ends both after the test. */
async function withPage(
  flags: readonly string[],
  test: (open: OpenHost) => Promise<void>,
): Promise<void> {
  const open = await lab.openHost({ flags });
  try {
    await test(open);
  } finally {
    await open.page.close();
    await open.host.stop();
  }
}

async function queueFields(page: Page, prompt: string): Promise<string> {
  await setFields(page, { ...FIELDS, txt2img_prompt: prompt });
  return queueScreen(page, "txt2img");
}

it("works in Forge Neo, with five outputs of Generate and its own way to choose models", () =>
  withPage(["--neo", "--outputs", "5"], async ({ host, page }) => {
    await choose(page, page.locator("#setting_sd_model_checkpoint"), "demoPainter_v1.safetensors");
    await until(
      "the checkpoint is chosen",
      () => host.readConfig().sd_model_checkpoint === "demoPainter_v1.safetensors",
    );
    expect(await queueFields(page, "from Neo")).toContain("Queued");
    expect(await lab.asked("from Neo")).toMatchObject({
      ...ASKED,
      override_settings: { sd_model_checkpoint: "demoPainter_v1.safetensors" },
    });
  }));

it("works in the compact layout, where Generate stands above the results", () =>
  withPage(["--compact"], async ({ page }) => {
    const results = page.locator("#txt2img_results");
    await results.locator("#txt2img_queue_mobilesd").waitFor();
    expect(await queueFields(page, "from the compact layout")).toContain("Queued");
    expect(await lab.asked("from the compact layout")).toMatchObject(ASKED);
  }));

it("works while Forge is generating, and can be pressed beside Interrupt and Skip", () =>
  withPage([], async ({ host, page }) => {
    await host.hold();
    await setFields(page, { txt2img_prompt: "the one that Forge is drawing" });
    await page.locator("#txt2img_generate").click();
    await until("Forge generates", async () => (await host.seen()).running);
    await page.locator("#txt2img_interrupt").waitFor();
    expect(await queueFields(page, "queued meanwhile")).toContain("Queued");
    expect((await host.seen()).running).toBe(true);
    expect(await lab.asked("queued meanwhile")).toMatchObject(ASKED);
    await host.release();
  }));

it("works on the first click after Reload UI, without loading the page twice", () =>
  withPage([], async ({ host, page }) => {
    await page.locator("#tab_settings-button").click();
    await page.locator("#settings_restart_gradio").click();
    await host.readyAgain(2);
    await page.reload();
    await waitForPage(page);
    expect(await queueFields(page, "after Reload UI")).toContain("Queued");
    expect(await lab.asked("after Reload UI")).toMatchObject(ASKED);
    expect(await lab.jobsOf("after Reload UI")).toBe(1);
  }));

describe("with scripts of other extensions", () => {
  it("takes their arguments along, and is not hurt by one that breaks", () =>
    withPage(["--more-scripts", "1", "--broken-script", "--api"], async ({ host, page }) => {
      expect(host.output()).toContain("the lab's broken script");
      await page
        .locator(".gradio-accordion > button", { hasText: "Lab always on" })
        .first()
        .click();
      await tick(page.locator("#txt2img_lab_enabled"));
      await setFields(page, { txt2img_lab_text: "from the lab", txt2img_lab_weight: 0.75 });
      const said = await queueFields(page, "with a script more");
      expect(said).toContain("Lab always on");
      await page.locator("#txt2img_generate").click();
      const { alwayson } = await until(
        "Generate has run",
        async () => (await host.seen()).ran.at(-1) ?? null,
      );
      const unit = { weight: 0.75, text: "from the lab", builds: 0 };
      expect(alwayson["Lab always on"]).toEqual([true, "from the lab", 0, unit]);
    }));

  it("moves no argument of theirs: not on the page, nor over the API, nor in script-info", () =>
    withPage(["--api"], async ({ host }) => {
      const asked = await fetch(`${host.url}/sdapi/v1/script-info`);
      const infos = (await asked.json()) as { name: string; args: unknown[] }[];
      const ours = infos.filter(({ name }) => /mobilesd/i.test(name));
      expect(ours.flatMap(({ args }) => args)).toEqual([]);
      const before = await fetch(`${host.url}/sdapi/v1/txt2img`, { method: "POST" });
      const without = infos
        .filter((info) => !(info as { is_img2img?: boolean }).is_img2img)
        .reduce((sum, { args }) => sum + args.length, 1);
      expect(await before.json()).toMatchObject({ arguments: without });
    }));
});

describe("a host that does not bind one field to Generate", () => {
  it("is found out: the job lacks what stands on screen", () =>
    withPage(["--drop-input", "negative_prompt"], async ({ page }) => {
      expect(await queueFields(page, "with a field unbound")).toContain("Queued");
      const asked = await lab.asked("with a field unbound");
      expect(asked).not.toMatchObject(ASKED);
      expect(asked).toMatchObject({ ...ASKED, negative_prompt: "" });
    }));
});
