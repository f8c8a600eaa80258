import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import { RED_CUBE, startForge } from "./started-forge.ts";

const MAIN = fileURLToPath(new URL("../../demo-forge/main.ts", import.meta.url));
const SOON = { timeout: 10_000, interval: 10 };

describe("a starting Forge", () => {
  it("refuses, then answers 404 everywhere, then without its extensions, then whole", async () => {
    const forge = await startForge({ birth: { refusedMs: 150, emptyMs: 300, partialMs: 300 } });
    const status = async (path: string) => {
      try {
        return (await forge.get(path)).status;
      } catch {
        return "refused";
      }
    };
    const seen: string[] = [];
    const paths = ["/internal/ping", "/sdapi/v1/options", "/sdapi/v1/loras", "/"];
    const look = async () => {
      const states = [];
      for (const path of paths) states.push(await status(path));
      if (seen.at(-1) !== states.join(" ")) seen.push(states.join(" "));
      return states.join(" ");
    };
    await expect.poll(look, SOON).toBe("200 200 200 200");
    const pure = ["refused refused refused refused", "404 404 404 404", "200 200 404 200"];
    expect(seen.filter((states) => pure.includes(states))).toEqual(pure);
  });

  it("runs a plain job without its extensions, but fails one with always-on scripts", async () => {
    const forge = await startForge();
    forge.setPhase("partial");
    for (const path of ["/sdapi/v1/loras", "/sdapi/v1/embeddings", "/controlnet/model_list"]) {
      expect([path, (await forge.get(path)).status]).toEqual([path, 404]);
    }
    expect((await forge.txt2img()).images).toHaveLength(1);
    const job = { ...RED_CUBE, alwayson_scripts: { ControlNet: { args: [] } } };
    const early = await forge.post("/sdapi/v1/txt2img", job);
    expect([early.status, await early.json()]).toMatchObject([
      500,
      { error: "IndexError", message: "list assignment index out of range" },
    ]);
    forge.setPhase("ready");
    expect((await forge.post("/sdapi/v1/txt2img", job)).status).toBe(200);
  });

  it("is refused a port that another one has", async () => {
    const first = await startForge();
    const port = Number(new URL(first.url).port);
    await expect(startForge({ port })).rejects.toThrow("EADDRINUSE");
  });

  it("ends, when it is stopped, also a connection in the middle of its request", async () => {
    const forge = await startForge();
    const { port } = new URL(forge.url);
    const socket = connect(Number(port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const lost = once(socket, "close");
    socket.on("error", () => undefined);
    socket.write("POST /sdapi/v1/txt2img HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
    // The answer to another request proves that the server has read the first lines.
    await forge.get("/internal/ping");
    await forge.stop();
    await lost;
  });

  it("takes the time of a real card at scale 1: 2 s to load, 3 to 4 s for 512x768 in 20 steps", async () => {
    let waitedMs = 0;
    const sleep = async (durationMs: number) => {
      waitedMs += durationMs;
    };
    const forge = await startForge({ timeScale: 1, sleep });
    const timeOf = async () => {
      waitedMs = 0;
      await forge.txt2img({ width: 512, height: 768, steps: 20 });
      return waitedMs;
    };
    const first = await timeOf();
    const second = await timeOf();
    expect(second).toBeGreaterThan(3000);
    expect(second).toBeLessThan(4000);
    // Beside the load, the first one has its prompt to encode.
    expect(first - second).toBeGreaterThanOrEqual(2000);
    expect(first - second).toBeLessThan(2200);
  });
});

/** What a process printed, once it printed its address. */
async function waitForUrl(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await expect.poll(() => text, SOON).toMatch(/http:\/\/127\.0\.0\.1:\d+\n/);
  return /http:\S+/.exec(text)?.[0] ?? "";
}

/** Starts the demo Forge as a process that ends with the test. */
function startProcess(file: string, args: string[]): ChildProcess {
  const child = spawn(process.execPath, [file, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithTest(child);
  return child;
}

function endWithTest(child: ChildProcess): void {
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  });
}

describe("a process of its own", () => {
  it("prints its address, takes its flags, and ends on SIGTERM", async () => {
    const child = startProcess(MAIN, [
      "--time-scale",
      "0",
      "--api-auth",
      "a:b",
      "--fault",
      '{"oom":1}',
    ]);
    const url = await waitForUrl(child);
    expect((await fetch(`${url}/sdapi/v1/samplers`)).status).toBe(401);
    const response = await fetch(`${url}/sdapi/v1/txt2img`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("a:b")}`, "content-type": "application/json" },
      body: JSON.stringify(RED_CUBE),
    });
    expect(await response.json()).toMatchObject({ error: "OutOfMemoryError" });
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("crashes as a process when the fault says so", async () => {
    const child = startProcess(MAIN, ["--fault", '{"crash":true}']);
    const exit = once(child, "exit");
    const url = await waitForUrl(child);
    const body = JSON.stringify(RED_CUBE);
    await expect(fetch(`${url}/sdapi/v1/txt2img`, { method: "POST", body })).rejects.toThrow(
      "fetch failed",
    );
    expect(await exit).toEqual([1, null]);
  });

  it("ends when its parent closes the channel between them", async () => {
    const child = fork(MAIN, ["--port", "0"], { silent: true, execArgv: [] });
    endWithTest(child);
    const exit = once(child, "exit");
    await waitForUrl(child);
    child.disconnect();
    expect(await exit).toEqual([0, null]);
  });

  it.each([
    [["--port", "99999"], '--port must be a number from 0 to 65535, not "99999"'],
    [["--time-scale", "fast"], '--time-scale must be a number from 0 to 1000, not "fast"'],
    [["--fault", '{"nope":1}'], 'There is no fault "nope"'],
    [["--api-auth", "user"], "--api-auth needs user:password"],
    [["--colour"], "--colour"],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(await once(child, "close")).toEqual([2, null]);
    expect(text).toContain(sentence);
  });

  it("runs as one bundled file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "demo-forge-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const outfile = join(folder, "demo-forge.mjs");
    await build({
      entryPoints: [MAIN],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      // The only native package is resolved from the project.
      plugins: [
        {
          name: "sharp-from-here",
          setup: ({ onResolve }) => {
            onResolve({ filter: /^sharp$/ }, () => ({
              path: import.meta.resolve("sharp"),
              external: true,
            }));
          },
        },
      ],
    });
    const url = await waitForUrl(startProcess(outfile, ["--time-scale", "0"]));
    const body = JSON.stringify(RED_CUBE);
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/sdapi/v1/txt2img`, { method: "POST", body, headers });
    expect(((await response.json()) as { images: string[] }).images).toHaveLength(1);
  });
});
