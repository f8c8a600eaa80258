import { describe, expect, it } from "vitest";
import { sentenceOfAgent, sentenceOfWorker } from "../../src/local/event-sentences.ts";

const JOB = "06d6e834-072d-437c-b96a-c0138b8895c5";
const worker = (fields: object) => sentenceOfWorker("log", JSON.stringify(fields));
const agent = (fields: object) => sentenceOfAgent(JSON.stringify(fields));

describe("the terminal of a start", () => {
  it("tells what happens to a job in short sentences", () => {
    const of = (event: string, more = {}) => worker({ event, job_id: JOB, ...more })?.text;
    expect(of("job_submitted", { server_alias: "Attic" })).toBe("Job 06d6e834 queued for Attic");
    expect(of("job_claimed", { server_alias: "Attic" })).toBe("Job 06d6e834 taken by Attic");
    expect(of("job_completed", { images: 1 })).toBe("Job 06d6e834 completed: 1 picture");
    expect(of("job_completed", { images: 4 })).toBe("Job 06d6e834 completed: 4 pictures");
    expect(of("lease_ended", { status: "pending", status_reason: "retrying" })).toBe(
      "Job 06d6e834 is tried again in a while",
    );
    expect(of("lease_ended", { status: "failed", status_reason: "oom" })).toBe(
      "Job 06d6e834 failed (oom)",
    );
    expect(of("job_swept", { status: "processing", status_reason: "agent_offline" })).toBe(
      "Job 06d6e834 waits for its box to come back",
    );
  });

  it("never says of a cancelled job that it runs again", () => {
    const of = (event: string, status: string) => worker({ event, status, job_id: JOB })?.text;
    expect(of("job_cancel", "processing")).toBe("Job 06d6e834 is being stopped");
    expect(of("job_cancel", "cancelled")).toBe("Job 06d6e834 cancelled");
    expect(of("lease_ended", "cancelled")).toBe("Job 06d6e834 cancelled");
    expect(of("run_cut_short", "cancelled")).toBe("Job 06d6e834 is cancelled now");
    expect(of("run_cut_short", "pending")).toBe("Job 06d6e834 was cut short; it runs again");
  });

  it("tells what a server was told", () => {
    const of = (order: string, held_jobs = 0) =>
      worker({ event: "server_ordered", server_alias: "Attic", order, held_jobs })?.text;
    expect(of("pause")).toBe("Attic is paused: nothing new begins there");
    expect(of("drain", 2)).toBe("Attic takes nothing more, and ends what it holds (2)");
    expect(of("drain")).toContain("it can be switched off");
    expect(of("resume")).toBe("Attic takes jobs again");
    expect(of("unload")).toContain("lets go of its model");
    expect(of("an_order_of_tomorrow")).toBeUndefined();
  });

  it("leaves to the log file what only a maintainer asks for", () => {
    expect(worker({ event: "agent_hello", server_alias: "Attic" })).toBeNull();
    expect(worker({ event: "an_event_of_tomorrow" })).toBeNull();
    expect(sentenceOfWorker("log", '{"event":"job_subm')).toBeNull();
    expect(agent({ level: 30, msg: "Took a job", job_id: JOB })).toBeNull();
    expect(agent({ level: 20, msg: "Trying again" })).toBeNull();
  });

  it("says when the Worker's runtime was killed, and what an error was", () => {
    const crash = "[mf:warn] The Workers runtime crashed unexpectedly and is being restarted";
    expect(sentenceOfWorker("warn", crash)?.text).toContain("starts again");
    expect(sentenceOfWorker("error", "boom")).toEqual({ text: "Worker: boom", tone: "bad" });
    expect(worker({ event: "request_failed", code: "internal", error: "boom" })?.tone).toBe("bad");
  });

  it("passes on what the agent warns of, with the job it is about", () => {
    const line = { level: 40, msg: "Failed", job_id: JOB, error: "out of memory" };
    expect(agent(line)).toEqual({
      text: "Agent: Job 06d6e834: Failed (out of memory)",
      tone: "warning",
    });
    expect(agent({ level: 30, msg: "Forge is ready" })?.text).toBe("Agent: Forge is ready");
    const unloaded = "The model is out of the GPU's memory, as its owner asked";
    expect(agent({ level: 30, msg: unloaded })?.text).toBe(`Agent: ${unloaded}`);
    expect(sentenceOfAgent("Error: something broke")?.tone).toBe("warning");
  });
});
