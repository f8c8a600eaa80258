import type { Browser, Page } from "playwright-core";
import { type DemoForge, startDemoForge } from "../../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../../support/box/agent.ts";
import { type Queue, startQueue } from "../../support/box/queue.ts";
import { until } from "../../support/box/until.ts";
import { launchBrowser } from "../../support/browser.ts";
import { type ApiRequest, type ForgeRecorder, startForgeRecorder } from "./forge-recorder.ts";
import { type Host, type HostOptions, startHost } from "./host.ts";

/** A real Worker, a real agent with the demo Forge, a page like Forge's with the extension, a browser. */
export interface Lab {
  readonly queue: Queue;
  readonly forge: DemoForge;
  readonly agent: TestAgent;
  readonly host: Host;
  readonly browser: Browser;
  /** What the agent's Forge was asked for with this prompt. */
  asked(prompt: string): Promise<ApiRequest>;
  stop(): Promise<void>;
}

export interface LabOptions extends HostOptions {
  /** True starts the host without a key. */
  readonly isUnconnected?: boolean;
  /** The demo Forge's speed: 1 is a mid-range card. */
  readonly timeScale?: number;
}

/** The environment by which the extension knows its queue. */
export const connectionOf = (queue: Queue, url = queue.worker.url) => ({
  MOBILESD_URL: url,
  MOBILESD_API_KEY: queue.ownerKey.key,
  MOBILESD_API_SECRET: queue.ownerKey.secret,
});

/** Starts all of it. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const [queue, forge, browser] = await Promise.all([
    startQueue(),
    startDemoForge({ timeScale: options.timeScale ?? 0.01 }),
    launchBrowser(),
  ]);
  const recorder: ForgeRecorder = await startForgeRecorder(forge.url);
  const agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: recorder.url });
  const env = options.isUnconnected ? {} : connectionOf(queue);
  const host = await startHost({ ...options, env: { ...env, ...options.env } });
  return {
    queue,
    forge,
    agent,
    host,
    browser,
    asked: (prompt) =>
      until(`Forge is asked for "${prompt}"`, () => {
        const found = recorder.asked.find((request) => request.prompt === prompt);
        return found ?? null;
      }),
    async stop() {
      agent.stop.stopNow();
      await browser.close();
      await host.stop();
      await agent.end;
      await recorder.stop();
      await forge.stop();
      await queue.stop();
    },
  };
}

/** Opens the host's page; nothing outside of this machine is asked. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1600 } });
  await page.route(
    (address) => address.hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  await page.goto(url);
  await page.locator("#txt2img_queue_mobilesd").waitFor({ timeout: 60_000 });
  await page.waitForFunction("typeof uiIsLoaded !== 'undefined' && uiIsLoaded");
  return page;
}
