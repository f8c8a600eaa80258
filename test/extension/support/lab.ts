import type { Browser, Page } from "playwright-core";
import { type DemoForge, startDemoForge } from "../../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../../support/box/agent.ts";
import { type FaultyProxy, startFaultyProxy } from "../../support/box/faulty-proxy.ts";
import { type Queue, startQueue } from "../../support/box/queue.ts";
import { until } from "../../support/box/until.ts";
import { launchBrowser } from "../../support/browser.ts";
import { type ApiRequest, type ForgeRecorder, startForgeRecorder } from "./forge-recorder.ts";
import { type Host, type HostOptions, startHost } from "./host.ts";

/** A real Worker, a real agent with the demo Forge, and a browser. */
export interface Lab {
  readonly queue: Queue;
  readonly browser: Browser;
  /** By which a host knows the queue. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stands between the extension and the Worker. */
  readonly proxy: FaultyProxy;
  /** What the agent's Forge was asked for with this prompt. */
  asked(prompt: string): Promise<ApiRequest>;
  /** How many jobs of this prompt the queue has. */
  jobsOf(prompt: string): Promise<number>;
  /** Starts the agent of a lab that began without one. */
  startAgent(): void;
  /** Starts a page like Forge's with the extension in it, and opens it. */
  openHost(options?: LabHostOptions): Promise<OpenHost>;
  /** Opens a host for as long as `visit` takes. */
  withHost(options: LabHostOptions, visit: (open: OpenHost) => Promise<void>): Promise<void>;
  /** Ends everything, hosts that still run too. */
  stop(): Promise<void>;
}

export interface OpenHost {
  readonly host: Host;
  readonly page: Page;
}

export interface LabHostOptions extends HostOptions {
  /** False starts it without a key. */
  readonly isConnected?: boolean;
}

/** The environment by which the extension knows its queue. */
const connectionOf = (queue: Queue, url: string) => ({
  MOBILESD_URL: url,
  MOBILESD_API_KEY: queue.ownerKey.key,
  MOBILESD_API_SECRET: queue.ownerKey.secret,
});

interface Box {
  readonly recorder: ForgeRecorder;
  readonly agents: TestAgent[];
  startAgent(): void;
  stop(): Promise<void>;
}

async function startBox(queue: Queue, timeScale: number): Promise<Box> {
  const forge: DemoForge = await startDemoForge({ timeScale });
  const recorder = await startForgeRecorder(forge.url);
  const agents: TestAgent[] = [];
  return {
    recorder,
    agents,
    startAgent() {
      const { url } = queue.worker;
      agents.push(startAgent({ url, key: queue.agentKey, forgeUrl: recorder.url }));
    },
    async stop() {
      for (const agent of agents) agent.stop.stopNow();
      await Promise.all(agents.map(({ end }) => end));
      await recorder.stop();
      await forge.stop();
    },
  };
}

/**
 * Starts all of it. With `hasAgent` false every job waits until the agent is started. Forge takes `timeScale` of
 * the time that a mid-range card takes.
 */
export async function startLab({ hasAgent = true, timeScale = 0.01 } = {}): Promise<Lab> {
  const [queue, browser] = await Promise.all([startQueue(), launchBrowser()]);
  const [box, proxy] = await Promise.all([
    startBox(queue, timeScale),
    startFaultyProxy(queue.worker.url),
  ]);
  if (hasAgent) box.startAgent();
  const hosts: Host[] = [];
  const environment = connectionOf(queue, proxy.url);
  const openHost: Lab["openHost"] = async ({ isConnected = true, ...options } = {}) => {
    const env = isConnected ? environment : {};
    const host = await startHost({ ...options, env: { ...env, ...options.env } });
    hosts.push(host);
    return { host, page: await openPage(browser, host.url) };
  };
  return {
    queue,
    browser,
    environment,
    proxy,
    startAgent: box.startAgent,
    openHost,
    async withHost(options, visit) {
      const open = await openHost(options);
      try {
        await visit(open);
      } finally {
        await open.page.close();
        await open.host.stop();
      }
    },
    asked: (prompt) =>
      until(`Forge is asked for "${prompt}"`, () => {
        const found = box.recorder.asked.find((request) => request.prompt === prompt);
        return found ?? null;
      }),
    async jobsOf(prompt) {
      const { jobs } = await queue.owner.call("listJobs", { query: {} });
      return jobs.filter((job) => JSON.stringify(job).includes(JSON.stringify(prompt))).length;
    },
    async stop() {
      await browser.close();
      await Promise.all(hosts.map((host) => host.stop()));
      await box.stop();
      await proxy.stop();
      await queue.stop();
    },
  };
}

/** Opens the host's page; nothing outside of this machine is asked. */
async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1600 } });
  await page.route(
    (address) => address.hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  await page.goto(url);
  await waitForPage(page);
  return page;
}

/** Waits until the page is drawn and its scripts have begun. */
export async function waitForPage(page: Page): Promise<void> {
  await page.locator("#txt2img_queue_mobilesd").waitFor({ timeout: 60_000 });
  await page.waitForFunction("typeof uiIsLoaded !== 'undefined' && uiIsLoaded");
}
