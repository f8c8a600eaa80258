import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { JobView } from "@mobilesd/contract";
import { clientOf, SMALL_JOB } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { type LocalStart, type OwnerFile, startAsUser } from "../support/local-start.ts";

/** Durations divided by ten: a lost lease is taken up again within seconds, and a picture takes a moment. */
const SPEED = { MOBILESD_SPEED: "10" };
const JOBS = 10;
const KILLS = 5;

type OnFinished = (stop: () => Promise<void>) => void;

function start(onFinished: OnFinished, env: Record<string, string> = {}): LocalStart {
  const made = startAsUser({ ...SPEED, ...env });
  onFinished(() => made.stop());
  return made;
}

async function submitTen(owner: OwnerFile): Promise<void> {
  for (let index = 0; index < JOBS; index++) {
    const params = { ...SMALL_JOB, width: 512, height: 512, steps: 30, seed: 100 + index };
    await clientOf(owner.url, owner).call("submitJob", {
      body: {
        app_type: "forge",
        target_server_alias: "MyForgeServer",
        generation_params: params,
      },
    });
  }
}

async function listJobs(owner: OwnerFile): Promise<readonly JobView[]> {
  const query = { order: "oldest" } as const;
  return (await clientOf(owner.url, owner).call("listJobs", { query })).jobs;
}

const isOver = (job: JobView) => !["pending", "processing"].includes(job.status);

/** Waits until a few more jobs are over, then so long again that the next blow falls anywhere. */
async function untilMoreIsDone(owner: OwnerFile, round: number): Promise<void> {
  await until(
    `${round} jobs are over`,
    async () => (await listJobs(owner)).filter(isOver).length >= round,
    60_000,
  );
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 800));
}

/** All ten are completed, each with the one picture that its seed gives, under its own name. */
async function expectTenPictures(owner: OwnerFile): Promise<void> {
  const jobs = await until(
    "all jobs are over",
    async () => {
      const all = await listJobs(owner);
      return all.every(isOver) && all;
    },
    90_000,
  );
  expect(jobs.map((job) => [job.status, job.error])).toEqual(
    Array.from({ length: JOBS }, () => ["completed", null]),
  );
  expect(jobs.map((job) => job.images.map((image) => image.seed))).toEqual(
    Array.from({ length: JOBS }, (_, index) => [100 + index]),
  );
  const sums = await Promise.all(
    jobs.map(async ({ images: [image] }) => {
      const { pathname, search } = new URL(image?.download_url ?? "");
      const bytes = await (await fetch(`${owner.url}${pathname}${search}`)).arrayBuffer();
      return createHash("sha256").update(Buffer.from(bytes)).digest("hex");
    }),
  );
  expect(new Set(sums).size).toBe(JOBS);
}

// At the same time: each has processes of its own, and spends most of its time waiting.
describe.concurrent("ten jobs", () => {
  it.for([
    ["the Worker's runtime", "workerd serve"],
    ["the agent", "tunnel-agent/src/cli.ts"],
  ] as const)(
    "all end completed, with one picture each, although %s is killed five times",
    { timeout: 180_000 },
    async ([, word], { onTestFinished }) => {
      const made = start(onTestFinished);
      const { owner } = await made.ready();
      await submitTen(owner);
      for (let round = 1; round <= KILLS; round++) {
        await untilMoreIsDone(owner, round);
        made.kill(word);
      }
      await expectTenPictures(owner);
    },
  );

  it("all end completed although everything is killed and started again five times", async ({
    onTestFinished,
  }) => {
    let made = start(onTestFinished);
    let { owner } = await made.ready();
    await submitTen(owner);
    for (let round = 1; round <= KILLS; round++) {
      await untilMoreIsDone(owner, round);
      made.child.kill("SIGKILL");
      made.kill();
      await made.exit;
      made = start(onTestFinished, { MOBILESD_DIR: made.stateDir });
      ({ owner } = await made.ready());
    }
    await expectTenPictures(owner);
  }, 240_000);
});
