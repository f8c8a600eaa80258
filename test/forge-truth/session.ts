import { connectForge } from "../forge-api/forge/connection.ts";
import { isObject } from "../forge-api/compare/difference.ts";
import { noteOptions } from "../forge-jobs/options.ts";
import { launchBrowser } from "../support/browser.ts";
import type { ForgeFolder } from "./forge/folder.ts";
import { startForge } from "./forge/process.ts";
import { readLab, readVersions } from "./lab.ts";
import { startAgentBox, startQueueAlone } from "./queue-box.ts";
import type { World } from "./suite.ts";

/** Queue, Forge, agent and browser, side by side. */
export interface Session {
  readonly world: World;
  readonly versions: { readonly forge: string; readonly gradio: string };
  stop(): Promise<void>;
}

/** How long the page may take for anything but a picture. */
const PAGE_LIMIT_MS = 120_000;

/** A first picture: with it the model is loaded, and Forge says its version. */
const FIRST = { prompt: "a red cube", steps: 1, width: 64, height: 64, seed: 1 };

/** Starts all of them. Whatever started is stopped again when one does not. */
export async function openSession(folder: ForgeFolder): Promise<Session> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const queue = await startQueueAlone();
    stops.push(() => queue.stop());
    const forge = await startForge(folder, {
      MOBILESD_URL: queue.worker.url,
      MOBILESD_API_KEY: queue.ownerKey.key,
      MOBILESD_API_SECRET: queue.ownerKey.secret,
    });
    stops.push(() => forge.stop());
    const connection = connectForge(forge.url, null);
    const drawn = await connection.ask("/sdapi/v1/txt2img", FIRST);
    const versions = await readVersions(
      connection,
      isObject(drawn) ? String(drawn.info) : undefined,
    );
    const lab = await readLab(connection);
    const options = await noteOptions(connection);
    const box = await startAgentBox(queue, forge.url);
    stops.push(() => box.stop());
    const browser = await launchBrowser();
    stops.push(() => browser.close());
    const page = await browser.newPage();
    page.setDefaultTimeout(PAGE_LIMIT_MS);
    // Forge's page asks for fonts and scripts of the internet, which decide nothing here.
    await page.route(
      (url) => url.hostname !== "127.0.0.1" && url.protocol.startsWith("http"),
      (route) => route.abort(),
    );
    return { world: { page, forge, connection, box, options, lab }, versions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
