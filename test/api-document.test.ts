import { readFileSync } from "node:fs";
import { StatusReason, SubmitJob, WarningCode } from "@mobilesd/contract";
import { expect, it } from "vitest";

const DOCUMENT = readFileSync("docs/api.md", "utf8");

/** Every job of the document that is written out, with ids where it leaves them to the reader. */
function writtenJobs(): unknown[] {
  const bodies = [...DOCUMENT.matchAll(/-d '(\{(?:.|\n)*?\})'/g)].map(([, body = ""]) => body);
  return bodies
    .filter((body) => body !== "{ … }")
    .map((body) => JSON.parse(body.replaceAll("upl_…", `upl_${"0".repeat(22)}`)));
}

it("every job that the document shows is one that the queue understands", () => {
  const jobs = writtenJobs();
  expect(jobs.length).toBeGreaterThan(4);
  for (const job of jobs) expect(SubmitJob.safeParse(job).error?.issues ?? []).toEqual([]);
});

it("the document tells every reason and every warning that a status can have", () => {
  const words = [...StatusReason.options, ...WarningCode.options];
  expect(words.filter((word) => !DOCUMENT.includes(`\`${word}\``))).toEqual([]);
});
