import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CASES } from "./forge-truth/cases/all.ts";
import { knownTable } from "./forge-truth/document.ts";

const DOCUMENT = readFileSync("docs/forge-truth.md", "utf8");

/** The cells of a chapter's table, without its head. */
function rowsOf(chapter: string): string[][] {
  const text = DOCUMENT.split(`## ${chapter}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = text.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => line.slice(2, -2).split(" | "));
}

it("docs/forge-truth.md has every case of the suite, in its order: npm run test:forge-truth writes it", () => {
  expect(rowsOf("Cases").map(([name]) => name)).toEqual(CASES.map(({ name }) => name));
});

it("docs/forge-truth.md names every known difference with its reason, as the suite knows them", () => {
  expect(DOCUMENT).toContain(knownTable());
});

it("docs/forge-truth.md shows every case equal", () => {
  const others = rowsOf("Cases").filter(([, , result]) => result !== "equal");
  expect(others).toEqual([]);
});
