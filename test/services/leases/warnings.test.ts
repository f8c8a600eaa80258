import { env } from "cloudflare:workers";
import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { exampleImage, manifestOf, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const UNUSED = {
  code: "embedding_unused",
  message: "The model did not use lab_embed",
  field: "positive_prompt",
};
const UNPROVEN = { code: "order_unproven", message: "Told apart by their order alone" };

/** A job that runs, with its picture stored. */
async function running() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: exampleJob(agent.alias) });
  const lease = await agent.claim();
  await agent.start(lease);
  const image = await exampleImage("the picture");
  await agent.putImage(lease, image);
  const id = lease.mobilesd_job_id;
  const get = (path: string) =>
    queue.call<Record<string, unknown>>("GET", `/api/v1/queue/jobs${path}`, { as: owner.auth });
  /** What each place that shows a job says of it. */
  const shown = async () => {
    const [status, whole, list] = [await get(`/${id}/status`), await get(`/${id}`), await get("")];
    const [listed] = list.body.jobs as Record<string, unknown>[];
    return [status.body.warnings, whole.body.warnings, listed?.warnings];
  };
  const complete = (warnings?: readonly object[]) =>
    agent.complete(lease, [manifestOf(image)], warnings && { warnings });
  return { lease, agent, id, shown, complete, get };
}

describe("what a completed job is not", () => {
  it("is told by its status, by the job and by the list, in the agent's order", async () => {
    const { shown, complete } = await running();
    expect(await shown()).toEqual([[], [], []]);
    expect((await complete([UNUSED, UNPROVEN])).body).toMatchObject({ status: "completed" });
    const warnings = [UNUSED, UNPROVEN];
    expect(await shown()).toEqual([warnings, warnings, warnings]);
  });

  it("is nothing where the agent says nothing", async () => {
    const { shown, complete } = await running();
    expect((await complete()).status).toBe(200);
    expect(await shown()).toEqual([[], [], []]);
  });

  it("is told as it was told first: the pictures alone decide whether a complete is a repeated one", async () => {
    const { shown, complete } = await running();
    const first = await complete([UNUSED]);
    for (const warnings of [[UNUSED], [UNPROVEN], [], undefined]) {
      expect((await complete(warnings)).body).toEqual(first.body);
      expect(await shown()).toEqual([[UNUSED], [UNUSED], [UNUSED]]);
    }
  });

  it.each([
    ["a word that nobody knows", [{ ...UNPROVEN, code: "odd" }], "warnings.0.code"],
    ["no sentence", [UNPROVEN, { code: "order_unproven" }], "warnings.1.message"],
    [
      "a sentence without end",
      [{ ...UNPROVEN, message: "x".repeat(LIMITS.errorMessageCharsMax + 1) }],
      "warnings.0.message",
    ],
    [
      "more than anybody reads",
      Array.from({ length: LIMITS.warningsMax + 1 }, () => UNPROVEN),
      "warnings",
    ],
  ])("is refused with %s, and the job runs on", async (_, warnings, field) => {
    const { complete, id, get } = await running();
    expect((await complete(warnings)).body).toMatchObject({ status: 400, details: [{ field }] });
    expect((await get(`/${id}/status`)).body).toMatchObject({ status: "processing" });
    expect((await complete([UNPROVEN])).status).toBe(200);
  });

  it.each([
    "null",
    "{}",
    '{"images":["a.png"]}',
    '{"warnings":null}',
    '{"warnings":[{"code":"of another time","message":"x"}]}',
    '["warnings"]',
    '"text"',
    "not JSON",
    "",
  ])("is nothing in a row that keeps something else in its place: %s", async (json) => {
    const { shown, complete, id } = await running();
    await complete([UNUSED]);
    await env.DB.prepare("UPDATE jobs SET result_details_json = ? WHERE mobilesd_job_id = ?")
      .bind(json, id)
      .run();
    expect(await shown()).toEqual([[], [], []]);
  });
});
