import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { clientOf } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import {
  type LocalStart,
  newStateDir,
  type OwnerFile,
  startAsUser,
} from "../support/local-start.ts";

/** The shell blocks of the README that belong to its first job, in their order. */
function firstJobBlocks(): string[] {
  const readme = readFileSync("README.md", "utf8");
  const [, section = ""] = readme.split("### The first job\n");
  const [own = ""] = section.split(/^## /m);
  return [...own.matchAll(/```sh\n((?:.|\n)*?)```/g)].map(([, block = ""]) => block);
}

let forge: DemoForge;
let local: LocalStart;
let owner: OwnerFile;
let folder: string;

beforeAll(async () => {
  forge = await startDemoForge({ timeScale: 0.05 });
  // The folder of the repository, as far as the README's lines look at it.
  folder = newStateDir();
  local = startAsUser({
    MOBILESD_SPEED: "20",
    MOBILESD_DIR: join(folder, ".mobilesd"),
    FORGE_URL: forge.url,
  });
  ({ owner } = await local.ready());
}, 60_000);

afterAll(async () => {
  await local?.stop();
  await forge?.stop();
});

/** Runs a block as it stands, but for the port, which another program may have here. */
function runBlock(...blocks: string[]): string {
  const script = blocks.join("\n").replaceAll("localhost:3000", new URL(owner.url).host);
  return execFileSync("bash", ["-euc", script], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

describe("the README's first job", () => {
  it("works word for word, and gives the very bytes that Forge made", async () => {
    const [submit = "", fetchPicture = ""] = firstJobBlocks();
    const answer = JSON.parse(runBlock(submit));
    expect(answer).toMatchObject({ success: true, status_reason: "queued" });
    await until("the picture is there", async () => {
      const params = { id: String(answer.mobilesd_job_id) };
      return (await clientOf(owner.url, owner).call("getJob", { params })).status === "completed";
    });
    const keys = submit.split("\n").filter((line) => line.startsWith("export "));
    const statusUrl = `STATUS_URL=${answer.status_url}`;
    const rest = fetchPicture.replace(/^STATUS_URL=.*$/m, "");
    expect(runBlock(...keys, statusUrl, rest)).toContain('"status":"completed"');
    const picture = readFileSync(join(folder, "picture.png"));
    const sha256 = createHash("sha256").update(picture).digest("hex");
    expect(sha256).toBe(forge.jobs.at(-1)?.imageSha256s[0]);
  }, 60_000);
});
