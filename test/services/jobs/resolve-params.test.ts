import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const submit = (positive_prompt: string) =>
    queue.call("POST", "/api/v2/generate", {
      as: owner.auth,
      json: exampleJob(agent.alias, { generation_params: exampleParams({ positive_prompt }) }),
    });
  const countJobs = () =>
    env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE owner_id = ?")
      .bind(owner.id)
      .first<number>("n");
  return { submit, countJobs };
}

describe("a LoRA that a prompt calls", () => {
  it("is taken by its file's name and by its alias", async () => {
    const { submit } = await open();
    expect((await submit("a cube <lora:lab_lora:0.8> <lora:lab lora:1>")).status).toBe(200);
  });

  it("is refused when the server has none of that name, with the nearest, and nothing is stored", async () => {
    const { submit, countJobs } = await open();
    const answer = await submit("a cube <lora:lab_lra:1>");
    expect(answer.body).toMatchObject({
      status: 400,
      code: "unknown_name",
      details: [{ field: "generation_params.positive_prompt", choices: ["lab_lora"] }],
    });
    expect(await countJobs()).toBe(0);
  });

  it("costs a bounded look-up however many a prompt calls", async () => {
    const { submit } = await open();
    const tags = Array.from({ length: 33 }, (_, count) => `<lora:l${count}:1>`).join(" ");
    const answer = await submit(tags);
    expect(answer.body).toMatchObject({ code: "invalid_request", details: [{ limit: 32 }] });
  });
});
