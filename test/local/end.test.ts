import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientOf, SMALL_JOB } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { type LocalStart, newStateDir, startAsUser } from "../support/local-start.ts";

function start(env: Record<string, string> = {}): LocalStart {
  const made = startAsUser({ MOBILESD_SPEED: "20", ...env });
  onTestFinished(() => made.stop());
  return made;
}

const isAllGone = (made: LocalStart) => made.processes().length === 0;

/** The processes of a start that is ready: the start itself, the runtime, the agent and the demo. */
async function readyProcesses(made: LocalStart): Promise<number> {
  await made.ready();
  return until("all four run", () => {
    const count = made.processes().length;
    return count >= 4 && count;
  });
}

describe("the end of a start", () => {
  it("by Ctrl-C lets the running picture end and leaves no process", async () => {
    const made = start({ MOBILESD_SPEED: "4" });
    const { url, owner } = await made.ready();
    const client = clientOf(url, owner);
    const answer = await client.call("submitJob", {
      body: {
        app_type: "forge",
        target_server_alias: "MyForgeServer",
        generation_params: { ...SMALL_JOB, width: 512, height: 512, steps: 40 },
      },
    });
    const id = "mobilesd_job_id" in answer ? answer.mobilesd_job_id : "";
    await until("it is being drawn", async () => {
      const { status } = await client.call("getJob", { params: { id } });
      return status === "processing";
    });
    made.child.kill("SIGINT");
    expect(await made.exit).toBe(0);
    expect(made.output()).toContain(`Job ${id.slice(0, 8)} completed: 1 picture`);
    await until("all are gone", () => isAllGone(made));
  });

  it("by a second Ctrl-C is at once, and the job runs again at the next start", async () => {
    const made = start({ MOBILESD_SPEED: "1" });
    const { url, owner } = await made.ready();
    const answer = await clientOf(url, owner).call("submitJob", {
      body: {
        app_type: "forge",
        target_server_alias: "MyForgeServer",
        generation_params: { ...SMALL_JOB, width: 1024, height: 1024, steps: 60 },
      },
    });
    const id = "mobilesd_job_id" in answer ? answer.mobilesd_job_id : "";
    await until("it was taken", () => made.output().includes("taken by"));
    made.child.kill("SIGINT");
    await until("it says that it stops", () => made.output().includes("Stopping."));
    made.child.kill("SIGINT");
    expect(await made.exit).toBe(0);
    await until("all are gone", () => isAllGone(made));

    const again = start({ MOBILESD_DIR: made.stateDir });
    const next = await again.ready();
    await until("the picture is there", async () => {
      const client = clientOf(next.url, next.owner);
      return (await client.call("getJob", { params: { id } })).status === "completed";
    });
  });

  it("by kill -9 of the launcher leaves no process", async () => {
    const made = start();
    expect(await readyProcesses(made)).toBeGreaterThanOrEqual(4);
    made.child.kill("SIGKILL");
    await until("all are gone", () => isAllGone(made));
  });

  it("by kill -9 of the start itself leaves no process", async () => {
    const made = start();
    await readyProcesses(made);
    made.kill("src/local/start.ts");
    expect(await made.exit).toBe(1);
    expect(made.output()).toContain("MobileSD Queue was ended by SIGKILL.");
    await until("all are gone", () => isAllGone(made));
  });

  it("by kill -9 of both at once is cleared up by the next start, on the same port", async () => {
    const made = start();
    await readyProcesses(made);
    const { url } = await made.ready();
    // Found first, so that neither has the time to see the other die.
    const [pid = 0] = made.processes("src/local/start.ts");
    made.child.kill("SIGKILL");
    process.kill(pid, "SIGKILL");
    await made.exit;
    const again = start({ MOBILESD_DIR: made.stateDir, PORT: new URL(url).port });
    expect((await again.ready()).url).toBe(url);
    await until("all of the first are gone", () => isAllGone(made));
  });
});

describe("a part that dies", () => {
  it.each([
    ["the agent", "tunnel-agent/src/cli.ts", /The agent ended \(SIGKILL\)/],
    ["the demo Forge", "demo-forge/main.ts", /The demo Forge ended \(SIGKILL\)/],
    ["the Worker's runtime", "workerd serve", /The Worker's runtime was ended/],
  ])("is started again: %s", async (_, word, sentence) => {
    const made = start();
    const { url, owner } = await made.ready();
    await until("it runs", () => made.processes(word).length > 0);
    made.kill(word);
    await until("that is said", () => sentence.test(made.output()));
    const answer = await until("the queue takes a job", () =>
      clientOf(url, owner).call("submitJob", {
        body: {
          app_type: "forge",
          target_server_alias: "MyForgeServer",
          generation_params: SMALL_JOB,
        },
      }),
    );
    const id = "mobilesd_job_id" in answer ? answer.mobilesd_job_id : "";
    await until("the picture is there", async () => {
      const job = await clientOf(url, owner).call("getJob", { params: { id } });
      return job.status === "completed";
    });
  });
});

describe("an old Node", () => {
  it("gets one clear sentence", () => {
    // A copy has no node_modules beside it, so it finds no newer Node than the one that runs it.
    const folder = join(newStateDir(), "src", "local");
    const local = fileURLToPath(new URL("../../src/local", import.meta.url));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    for (const name of ["launch.js", "node-version.js"]) {
      copyFileSync(join(local, name), join(folder, name));
    }
    const pretend =
      'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.11.0" })';
    const old = spawnSync(process.execPath, ["--import", pretend, join(folder, "launch.js")], {
      encoding: "utf8",
    });
    expect(old.status).toBe(1);
    expect(old.stderr).toBe(
      "MobileSD Queue needs Node 22.18 or newer; this is Node 20.11.0. Get one from https://nodejs.org\n",
    );
  });
});
