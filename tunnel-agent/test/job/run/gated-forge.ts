import {
  type DemoForge,
  type DemoForgeOptions,
  startDemoForge,
} from "../../../demo-forge/server.ts";
import { onTestFinished } from "vitest";
import { until } from "../../../../test/support/box/until.ts";
import { createForgeClient, type ForgeClient } from "../../../src/forge/client.ts";

/** One question that Forge was asked. */
export interface Question {
  readonly path: string;
  readonly body: unknown;
}

export interface GatedForge {
  readonly forge: DemoForge;
  /** Speaks with it, and keeps what was asked. */
  readonly client: ForgeClient;
  readonly asked: Question[];
  /** Lets the job go on to its next wait, so many times: one is a load, a prompt, a step, a decode. */
  advance(times?: number): Promise<void>;
  /** Lets it go to its end. */
  open(): void;
}

/** A demo Forge that stands still at each of its waits until it is told to go on. */
export async function startGatedForge(options: DemoForgeOptions = {}): Promise<GatedForge> {
  let release: (() => void) | null = null;
  let isOpen = false;
  const forge = await startDemoForge({
    timeScale: 1,
    ...options,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        if (isOpen) resolve();
        else release = resolve;
      }),
  });
  onTestFinished(() => forge.stop());
  const client = createForgeClient(forge.url, options.apiAuth ?? null);
  const asked: Question[] = [];
  const keeping =
    <A extends [string, ...unknown[]], R>(ask: (...args: A) => R) =>
    (...args: A): R => {
      asked.push({ path: args[0], body: args[1] });
      return ask(...args);
    };
  return {
    forge,
    asked,
    client: { ...client, get: keeping(client.get), post: keeping(client.post) },
    async advance(times = 1) {
      for (let time = 0; time < times; time++) {
        const goOn = await until("the job waits", () => release);
        release = null;
        goOn();
      }
      await until("the job waits again", () => release);
    },
    open() {
      isOpen = true;
      release?.();
    },
  };
}
