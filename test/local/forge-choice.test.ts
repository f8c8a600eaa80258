import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { chooseForge } from "../../src/local/forge-choice.ts";
import { startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";

const NOBODY = "http://127.0.0.1:1";
const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(statusOf: (path: string) => number): Promise<string> {
  const server: Server = createServer((request, response) => {
    response.writeHead(statusOf(request.url ?? "")).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("which Forge a start uses", () => {
  it("is the one that was set, whether it answers or not", async () => {
    expect(await chooseForge(NOBODY, await serve(() => 200))).toEqual({ type: "set", url: NOBODY });
  });

  it("is the one on this machine when none was set", async () => {
    const forge = await startDemoForge({ timeScale: 0.01 });
    open.push(() => forge.stop());
    expect(await chooseForge(null, forge.url)).toEqual({ type: "found", url: forge.url });
  });

  it("is the one on this machine that is just starting and answers nothing but 404", async () => {
    const url = await serve(() => 404);
    expect(await chooseForge(null, url)).toEqual({ type: "found", url });
  });

  it("is the demo when nothing answers", async () => {
    expect(await chooseForge(null, NOBODY)).toEqual({ type: "demo" });
  });

  it("is the demo when another program has Forge's port", async () => {
    const url = await serve((path) => (path === "/" ? 200 : 404));
    expect(await chooseForge(null, url)).toEqual({ type: "demo" });
  });
});
