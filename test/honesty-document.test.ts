import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { writeDocument } from "./honesty/document.ts";
import { CHAPTERS } from "./honesty/losses/chapters.ts";

it("docs/honesty.md is what the tables of losses give: npm run honesty writes it anew", () => {
  expect(readFileSync("docs/honesty.md", "utf8")).toBe(writeDocument(CHAPTERS));
});

it("every chapter of the table is held by a test file of its own", () => {
  const untested = CHAPTERS.filter(({ name }) => {
    const path = `test/honesty/${name}.test.ts`;
    return !existsSync(path) || !readFileSync(path, "utf8").includes(`losses/${name}.ts`);
  });
  expect(untested.map(({ name }) => name)).toEqual([]);
});

it("a line says why where nothing is noticed, and names the field where a job is refused", () => {
  const scenarios = CHAPTERS.flatMap(({ losses }) => losses).flatMap((loss) => loss.scenarios);
  const unexplained = scenarios.filter(
    ({ where, because }) => (where === "never" || where === "unproved") && because === undefined,
  );
  const unnamed = scenarios.filter(
    ({ where, outcome, field }) =>
      where === "queued" && field === undefined && outcome !== "completed",
  );
  expect([...unexplained, ...unnamed]).toEqual([]);
});
