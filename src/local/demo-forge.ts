import { fileURLToPath } from "node:url";
import { KeptChild } from "./kept-child.ts";

const MAIN = fileURLToPath(new URL("../../tunnel-agent/demo-forge/main.ts", import.meta.url));

interface DemoOptions {
  /** Durations of the demo are divided by it. */
  readonly speed: number;
  readonly onLine: (line: string) => void;
  readonly onDeath: (how: string, restartInMs: number) => void;
}

/** Starts the demo Forge and waits for its address, which stays the same when it must start again. */
export async function startDemoForge(
  options: DemoOptions,
): Promise<{ child: KeptChild; url: string }> {
  let port = "0";
  const { promise: url, resolve } = Promise.withResolvers<string>();
  const child = new KeptChild({
    args: () => [MAIN, "--port", port, "--time-scale", String(1 / options.speed)],
    onLine: (line) => {
      options.onLine(line);
      const [, address] = / at (http:\/\/\S+)$/.exec(line) ?? [];
      if (address === undefined) return;
      port = new URL(address).port;
      resolve(address);
    },
    onDeath: options.onDeath,
  });
  return { child, url: await url };
}
