import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { choose } from "../forge-truth/page/inputs.ts";
import { until } from "../support/box/until.ts";
import { type Lab, type OpenHost, startLab, waitForPage } from "./support/lab.ts";
import { ASKED, queueFields } from "./support/some-fields.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

it("works in Forge Neo, with five outputs of Generate and its own way to choose models", () =>
  lab.withHost({ flags: ["--neo", "--outputs", "5"] }, async ({ host, page }) => {
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

describe("in the compact layout", () => {
  let open: OpenHost;
  beforeAll(async () => {
    open = await lab.openHost({ flags: ["--compact"] });
  });
  afterAll(async () => {
    await open.page.close();
    await open.host.stop();
  });

  it("the button stands with Generate above the results, and queues", async () => {
    await open.page.locator("#txt2img_results #txt2img_queue_mobilesd").waitFor();
    expect(await queueFields(open.page, "from the compact layout")).toContain("Queued");
    expect(await lab.asked("from the compact layout")).toMatchObject(ASKED);
  });

  it("it works on the first click after Reload UI, without loading the page twice", async () => {
    const { host, page } = open;
    await page.locator("#tab_settings-button").click();
    await page.locator("#settings_restart_gradio").click();
    await host.readyAgain(2);
    await page.reload();
    await waitForPage(page);
    expect(await queueFields(page, "after Reload UI")).toContain("Queued");
    expect(await lab.asked("after Reload UI")).toMatchObject(ASKED);
    expect(await lab.jobsOf("after Reload UI")).toBe(1);
  });
});

describe("a host that does not bind one field to Generate", () => {
  it("is found out: the job lacks what stands on screen", () =>
    lab.withHost({ flags: ["--drop-input", "negative_prompt"] }, async ({ page }) => {
      expect(await queueFields(page, "with a field unbound")).toContain("Queued");
      const asked = await lab.asked("with a field unbound");
      expect(asked).not.toMatchObject(ASKED);
      expect(asked).toMatchObject({ ...ASKED, negative_prompt: "" });
    }));
});
