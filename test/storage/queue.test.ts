import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { claimNextJob } from "../../src/storage/claims.ts";
import { listJobs } from "../../src/storage/job-lists.ts";
import { findJobsAhead, findLeasedJobs, findQueues } from "../../src/storage/places.ts";
import {
  findClaimableSince,
  findDueJobs,
  findJobsOfOtherSessions,
  findUnbegunJobs,
  holdMissingCheckpoints,
  renameCheckpoint,
} from "../../src/storage/queue.ts";
import { exampleJob } from "../support/example-job.ts";
import { newAgent } from "../support/workerd/new-agent.ts";
import { newOwner } from "../support/workerd/new-owner.ts";
import { openQueue, type TestQueue } from "../support/workerd/open-queue.ts";
import { seedJobs } from "../support/workerd/seed-jobs.ts";

const lease = (sessionId: string, n = 1) => ({
  leaseHash: `hash ${n}`,
  leaseUntil: 2_000_000_000_000,
  claimId: `claim ${n}`,
  sessionId,
});

it("grants each of many claims at once a job of its own, in one round trip", async () => {
  const queue = openQueue();
  const agent = await newAgent(queue, await newOwner(queue));
  await seedJobs(agent, { pending: 60 });
  const { db } = queue.ctx;
  queue.database.startCounting();
  const claims = Array.from({ length: 80 }, (_, n) =>
    claimNextJob(db, agent.alias, lease(agent.session, n), queue.now),
  );
  const granted = (await Promise.all(claims)).flatMap(({ job }) => (job ? [job] : []));
  expect(queue.database.statements).toHaveLength(80);
  expect(new Set(granted.map((row) => row.mobilesdJobId)).size).toBe(60);
  expect(granted).toHaveLength(60);
  expect(granted.every((row) => row.epoch === 1)).toBe(true);
});

it("grants nothing to a session that a newer one has replaced, not even in the same moment", async () => {
  const queue = openQueue();
  const agent = await newAgent(queue, await newOwner(queue));
  await seedJobs(agent, { pending: 1 });
  const old = agent.session;
  await agent.hello();
  const { db } = queue.ctx;
  const claimed = async (session: string) =>
    (await claimNextJob(db, agent.alias, lease(session), queue.now)).job;
  expect(await claimed(old)).toBeUndefined();
  expect(await claimed(agent.session)).toBeDefined();
});

it("claims by priority, then by age", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const ids: Record<string, string> = {};
  for (const [name, priority] of [
    ["late", 9],
    ["first of five", 5],
    ["second of five", 5],
    ["urgent", 1],
  ] as const) {
    queue.now += 1;
    const json = exampleJob(agent.alias, { priority, name });
    const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    ids[String(body.mobilesd_job_id)] = name;
  }
  const order: string[] = [];
  for (let i = 0; i < 4; i++) {
    const claimed = await agent.claim();
    order.push(ids[claimed.mobilesd_job_id] ?? "");
  }
  expect(order).toEqual(["urgent", "first of five", "second of five", "late"]);
});

describe("the plan of", () => {
  const place = { priority: 5, creationTimestamp: "2026-11-02T12:00:00.000Z", id: "x" };
  const query = { order: "newest", limit: 50 } as const;
  const questions: Record<string, (db: TestQueue["ctx"]["db"]) => Promise<unknown>> = {
    "the claim": (db) => claimNextJob(db, "box", lease("ses"), 1),
    "a position": (db) => findJobsAhead(db, "box", place),
    "the queue of a server": (db) => findQueues(db, new Set(["box"])),
    "the jobs that a server holds": (db) => findLeasedJobs(db, "box"),
    "the jobs of older sessions": (db) => findJobsOfOtherSessions(db, "box", "ses"),
    "the jobs that were taken and not begun": (db) => findUnbegunJobs(db, "box"),
    "the sweep": (db) => findDueJobs(db, "box", 1),
    "the first that can be claimed": (db) => findClaimableSince(db, ["box"]),
    "the new name of a checkpoint": (db) => renameCheckpoint(db, "box", "old", "new"),
    "the hold for a checkpoint": (db) => holdMissingCheckpoints(db, "box", 1),
    "a page of a list": (db) => listJobs(db, "own", query, null),
  };

  it.each(Object.entries(questions))(
    "%s is a search of an index, never a scan or a sort",
    async (_, ask) => {
      const queue = openQueue();
      queue.database.startCounting();
      await ask(queue.ctx.db);
      const statements = queue.database.statements
        .flatMap((sql) => sql.split(";\n"))
        .filter((sql) => sql.includes("jobs"));
      expect(statements.length).toBeGreaterThan(0);
      for (const sql of statements) {
        const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .bind(...Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => "x"))
          .all<{ detail: string }>();
        const plan = results.map((row) => row.detail);
        const onJobs = plan.filter((line) => /\bjobs\b/.test(line));
        expect(onJobs.length, sql).toBeGreaterThan(0);
        for (const line of onJobs)
          expect(line).toMatch(/^SEARCH jobs USING (COVERING )?(INDEX|PRIMARY KEY)/);
        expect(plan.join("\n")).not.toContain("TEMP B-TREE");
      }
    },
  );
});
