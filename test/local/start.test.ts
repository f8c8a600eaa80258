import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { findLanAddress } from "../../src/local/terminal.ts";
import { clientOf, SMALL_JOB } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import {
  type LocalStart,
  newStateDir,
  type OwnerFile,
  startAsUser,
} from "../support/local-start.ts";

function start(...options: Parameters<typeof startAsUser>): LocalStart {
  const made = startAsUser(...options);
  onTestFinished(() => made.stop());
  return made;
}

const FAST = { MOBILESD_SPEED: "20" };

async function submit(owner: OwnerFile, more: Record<string, unknown> = {}): Promise<string> {
  const body = {
    app_type: "forge",
    target_server_alias: "MyForgeServer",
    generation_params: { ...SMALL_JOB, ...more },
  } as const;
  const answer = await clientOf(owner.url, owner).call("submitJob", { body });
  if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
  return answer.mobilesd_job_id;
}

async function statusOf(owner: OwnerFile, id: string): Promise<string> {
  return (await clientOf(owner.url, owner).call("getJob", { params: { id } })).status;
}

const isCompleted = async (owner: OwnerFile, id: string) =>
  (await statusOf(owner, id)) === "completed";

describe("npm start on a fresh machine", () => {
  let one: LocalStart;
  let ready: Awaited<ReturnType<LocalStart["ready"]>>;

  beforeAll(async () => {
    one = startAsUser(FAST);
    ready = await one.ready();
    return () => one.stop();
  });

  it("prints the address, a sign-in link, what a phone can do, and that Forge is a demo", () => {
    const text = one.output();
    expect(text).toContain(`Address   ${ready.url}`);
    expect(text).toMatch(/Forge {5}Demo Forge: .*no Stable Diffusion/);
    expect(ready.signInLink).toMatch(new RegExp(`^${ready.url}/#pair=\\w{4}-\\w{4}-\\w{4}$`));
    expect(text).toContain("paste it in Forge, in the tab MobileSD Queue");
    expect(text).toContain("A phone cannot reach this address");
    expect(text).toContain("npm start -- --lan");
    // A QR code of an address that no phone can open would only mislead.
    expect(text).not.toMatch(/[█▀▄]/);
    expect(text).toContain("owner.json");
  });

  it("queues nothing by itself, and gives a picture for the first job", async () => {
    const client = clientOf(ready.url, ready.owner);
    expect((await client.call("listJobs", { query: {} })).total).toBe(0);
    const id = await submit(ready.owner);
    await until("the picture is there", () => isCompleted(ready.owner, id));
    expect(one.output()).toContain(`Job ${id.slice(0, 8)} completed: 1 picture`);
  });

  it("gives a link that signs in once", async () => {
    const code = ready.signInLink.split("=")[1] ?? "";
    const client = clientOf(ready.url);
    const claim = () => client.call("claimPairing", { body: { code } });
    expect(await claim()).toMatchObject({ for: "page" });
    await expect(claim()).rejects.toMatchObject({ problem: { code: "pairing_code_invalid" } });
  });

  it("keeps every secret in files that only their owner can read, and out of the logs", () => {
    const isOpen = (name: string) => (statSync(join(one.stateDir, name)).mode & 0o077) !== 0;
    const files = ["secrets.json", "owner.json", "agent-key.json", "agent.toml"];
    expect(files.filter(isOpen)).toEqual([]);
    const secrets = files.flatMap((name) =>
      readFileSync(join(one.stateDir, name), "utf8").match(/mss_\w+|(?<=": ")[\w-]{43}(?=")/g),
    );
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    const logs = readdirSync(join(one.stateDir, "logs"));
    expect(logs).toEqual(expect.arrayContaining(["worker.log", "agent.log", "demo-forge.log"]));
    const told = [
      one.output(),
      ...logs.map((name) => readFileSync(join(one.stateDir, "logs", name), "utf8")),
    ];
    expect(secrets.filter((secret) => told.some((text) => text.includes(String(secret))))).toEqual(
      [],
    );
  });

  it("holds its state folder alone", async () => {
    const other = start({ MOBILESD_DIR: one.stateDir });
    expect(await other.exit).toBe(1);
    expect(other.output()).toBe(
      `MobileSD Queue runs already with the state folder ${one.stateDir}; stop that one first.\n`,
    );
  });

  it("leaves a port that is in use alone", async () => {
    const { port } = new URL(ready.url);
    const other = start({ PORT: port });
    expect(await other.exit).toBe(1);
    expect(other.output()).toMatch(
      new RegExp(`^Port ${port} is in use\\. .*PORT=\\d+ npm start\n$`),
    );
  });
});

describe("a second start", () => {
  it("goes on with the same queue, the same keys and the same pictures", async () => {
    const first = start(FAST);
    const { owner } = await first.ready();
    const done = await submit(owner);
    await until("the picture is there", () => isCompleted(owner, done));
    await first.stop();

    const second = start({ ...FAST, MOBILESD_DIR: first.stateDir });
    const again = await second.ready();
    expect(again.owner).toMatchObject({ key: owner.key, secret: owner.secret });
    const client = clientOf(again.url, again.owner);
    const job = await client.call("getJob", { params: { id: done } });
    expect(job.status).toBe("completed");
    const picture = await fetch(job.images[0]?.download_url ?? "");
    expect(picture.status).toBe(200);
    const { servers } = await client.call("listServers", {});
    expect(servers.map((server) => server.alias)).toEqual(["MyForgeServer"]);
  });

  it("gets its owner back into a queue whose owner.json was lost", async () => {
    const first = start(FAST);
    const { owner } = await first.ready();
    const id = await submit(owner);
    await first.stop();
    rmSync(join(first.stateDir, "owner.json"));

    const second = start({ ...FAST, MOBILESD_DIR: first.stateDir });
    const again = await second.ready();
    expect(again.owner.key).not.toBe(owner.key);
    expect(await statusOf(again.owner, id)).toBeTruthy();
  });
});

describe("what a start cannot work with", () => {
  const oneSentence = async (made: LocalStart, sentence: RegExp) => {
    expect(await made.exit).toBe(1);
    expect(made.output()).toMatch(sentence);
    expect(made.output().trim().split("\n")).toHaveLength(1);
  };

  it("is a state folder that is a file", async () => {
    const path = join(newStateDir(), "file");
    writeFileSync(path, "");
    await oneSentence(
      start({ MOBILESD_DIR: path }),
      /^The state folder .* cannot be used: it is a file, not a folder\. Set MOBILESD_DIR/,
    );
  });

  it("is a state folder below a file", async () => {
    const path = join(newStateDir(), "file");
    writeFileSync(path, "");
    await oneSentence(
      start({ MOBILESD_DIR: join(path, "below") }),
      /cannot be used: a part of its path is a file/,
    );
  });

  it("is a damaged file of secrets, which it leaves as it is", async () => {
    const path = newStateDir();
    writeFileSync(join(path, "secrets.json"), "{");
    await oneSentence(
      start({ MOBILESD_DIR: path }),
      /secrets\.json cannot be read: it is damaged\. Restore it, or move it away\./,
    );
    expect(readFileSync(join(path, "secrets.json"), "utf8")).toBe("{");
  });

  it("is a wrong setting", async () => {
    await oneSentence(start({ PORT: "99999" }), /^PORT must be a whole number from 1 to 65535/);
  });

  it("is an address of another machine", async () => {
    await oneSentence(
      start({ HOST: "192.0.2.1", PORT: "0" }),
      /^HOST=192\.0\.2\.1 is not an address of this machine\.$/m,
    );
  });

  it("is not a wish for help", async () => {
    const made = start({}, ["--help"]);
    expect(await made.exit).toBe(0);
    expect(made.output()).toContain("FORGE_URL");
  });
});

describe("a start with --lan", () => {
  it("gives a link that a phone can open, or says that there is no network", async () => {
    const made = start(FAST, ["--lan"]);
    const { signInLink } = await made.ready();
    const address = findLanAddress();
    if (address === null) {
      expect(made.output()).toContain("No home network was found");
      return;
    }
    expect(signInLink).toContain(`http://${address}:`);
    expect(made.output()).toContain("Scan it with a phone on the same network.");
    expect(made.output()).toMatch(/[█▀▄]{10}/);
    expect((await fetch(new URL("/healthz", signInLink))).status).toBe(200);
  });
});

describe("a Forge that was set", () => {
  it("is waited for and never replaced by the demo", async () => {
    const made = start({ ...FAST, FORGE_URL: "http://127.0.0.1:1" });
    const { owner } = await made.ready();
    expect(made.output()).toContain("http://127.0.0.1:1 (FORGE_URL; waited for until it answers)");
    await until("the agent says that Forge is absent", () =>
      /Agent: .*127\.0\.0\.1:1/.test(made.output()),
    );
    const id = await submit(owner);
    expect(await statusOf(owner, id)).toBe("pending");
    expect(made.processes("demo-forge")).toEqual([]);
  });
});
