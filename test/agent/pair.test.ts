import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../tunnel-agent/src/config.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";

let queue: Queue;

beforeAll(async () => {
  queue = await startQueue();
});

afterAll(async () => {
  await queue.stop();
});

const newPath = () => join(mkdtempSync(join(tmpdir(), "agent-pair-")), "mobilesd", "agent.toml");

function pair(code: string, path: string) {
  const args = ["tunnel-agent/src/cli.ts", "pair", queue.worker.url, code, "--config", path];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

async function newCode(): Promise<string> {
  const body = { for: "agent", server_alias: "Attic" } as const;
  return (await queue.owner.call("createPairing", { body })).code;
}

describe("a box that is paired with a code", () => {
  it("has a key of its own in a file that only its user can read, and says nothing secret", async () => {
    const path = newPath();
    const { status, stdout, stderr } = pair(await newCode(), path);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain('This box is "Attic" now');
    expect(stdout).toContain(`mobilesd-agent run --config ${path}\n`);
    expect(statSync(path).mode & 0o077).toBe(0);
    const config = readConfig({}, {}, path);
    expect(config.url).toBe(queue.worker.url);
    expect(stdout).not.toContain(config.secret);
    const { servers } = await queue.owner.call("listServers", {});
    expect(servers.map((server) => server.alias)).toContain("Attic");
  });

  it("is told in one sentence when the code is used up, and no file is written", async () => {
    const code = await newCode();
    expect(pair(code, newPath()).status).toBe(0);
    const path = newPath();
    const { status, stderr } = pair(code, path);
    expect(status).toBe(1);
    expect(stderr).toBe("mobilesd-agent: This code is used, expired or wrong\n");
    expect(() => readFileSync(path)).toThrow();
  });

  it("never loses settings that it has already, nor uses the code up for nothing", async () => {
    const path = newPath();
    const [first, second] = [await newCode(), await newCode()];
    pair(first, path);
    const before = readFileSync(path, "utf8");
    expect(pair(second, path).stderr).toContain("exists already");
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(pair(second, newPath()).status).toBe(0);
  });
});
