import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tick } from "../forge-truth/page/inputs.ts";
import { until } from "../support/box/until.ts";
import { type Host, startHost } from "./support/host.ts";
import { type Lab, startLab, waitForPage } from "./support/lab.ts";
import { setFields } from "./support/screen.ts";
import { ASKED, queueFields } from "./support/some-fields.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

it("arguments of another extension's script go along, and one that breaks does no harm", () =>
  lab.withHost({ flags: ["--more-scripts", "1", "--broken-script"] }, async ({ host, page }) => {
    expect(host.output()).toContain("the lab's broken script");
    const accordion = page.locator(".gradio-accordion > button", { hasText: "Lab always on" });
    await accordion.first().click();
    await tick(page.locator("#txt2img_lab_enabled"));
    await setFields(page, { txt2img_lab_text: "from the lab", txt2img_lab_weight: 0.75 });
    expect(await queueFields(page, "with a script more")).toContain("Queued");
    const asked = await lab.asked("with a script more");
    await page.locator("#txt2img_generate").click();
    const generated = async () => (await host.seen()).ran.at(-1) ?? null;
    const { alwayson } = await until("Generate has run", generated);
    const args = [true, "from the lab", 0, { weight: 0.75, text: "from the lab", builds: 0 }];
    expect(alwayson["Lab always on"]).toEqual(args);
    expect(asked).toMatchObject({ ...ASKED, alwayson_scripts: { "lab always on": { args } } });
  }));

describe("beside Forge's API", () => {
  const secret = "s".repeat(43);
  let host: Host;
  beforeAll(async () => {
    const config = {
      mobilesd_url: lab.proxy.url,
      mobilesd_api_key: "old-key",
      mobilesd_api_secret: secret,
    };
    host = await startHost({ config, flags: ["--api"] });
  });
  afterAll(() => host.stop());

  it("no argument of any script moves: not in script-info, and not in a request", async () => {
    interface Info {
      readonly name: string;
      readonly is_img2img: boolean;
      readonly args: readonly { readonly label: string }[];
    }
    const answer = await fetch(`${host.url}/sdapi/v1/script-info`);
    const infos = (await answer.json()) as Info[];
    const path = new URL("page/script-labels.json", import.meta.url);
    const recorded = JSON.parse(readFileSync(path, "utf8")) as (Omit<Info, "args"> & {
      labels: readonly string[];
    })[];
    const labelsOf = (info: Info) => info.args.map(({ label }) => label);
    const withArguments = infos.filter(({ args }) => args.length > 0);
    const all = withArguments.map((info) => [info.name, info.is_img2img, labelsOf(info)]);
    const expected = recorded.filter(({ labels }) => labels.length > 0);
    expect(new Set(all.map((one) => JSON.stringify(one)))).toEqual(
      new Set(expected.map((one) => JSON.stringify([one.name, one.is_img2img, one.labels]))),
    );
    const made = await fetch(`${host.url}/sdapi/v1/txt2img`, { method: "POST" });
    const count = expected
      .filter((one) => !one.is_img2img)
      .reduce((sum, { labels }) => sum + labels.length, 1);
    expect(await made.json()).toMatchObject({ arguments: count });
  });

  it("a secret that an older version left among the options is taken out of them", async () => {
    expect(JSON.stringify(host.readConfig())).not.toContain(secret);
    const options = await fetch(`${host.url}/sdapi/v1/options`);
    expect(await options.text()).not.toContain(secret);
    const [path = ""] = globSync(join(host.configDir, "mobilesd/*/credentials.json"));
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ key: "old-key", secret });
  });
});

it("works behind Gradio's login, and answers nobody who has not passed it", async () => {
  const flags = ["--gradio-auth", "anna:a-password"];
  const host = await startHost({ flags, env: lab.environment });
  try {
    const page = await lab.browser.newPage();
    const ask = () =>
      page.evaluate(async () => {
        const headers = { "X-MobileSD": "1" };
        return (await fetch("/mobilesd-queue/state", { headers })).status;
      });
    await page.goto(host.url);
    await page.locator("input").first().waitFor();
    expect(await ask()).toBe(401);
    await page.locator("input").nth(0).fill("anna");
    await page.locator("input").nth(1).fill("a-password");
    await page.locator("button").click();
    await waitForPage(page);
    expect(await queueFields(page, "behind a login")).toContain("Queued");
    expect(await ask()).toBe(200);
    await page.close();
  } finally {
    await host.stop();
  }
});
