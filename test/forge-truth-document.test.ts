import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CASES } from "./forge-truth/cases/all.ts";
import { knownTable } from "./forge-truth/document.ts";

const DOCUMENT = readFileSync("docs/forge-truth.md", "utf8");

/** The rows of the table below a heading, cell by cell. */
function rowsBelow(heading: string): string[][] {
  const [, rest = ""] = DOCUMENT.split(`## ${heading}\n`);
  const [section = ""] = rest.split("\n## ");
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => line.slice(2, -2).split(" | "));
}

it("docs/forge-truth.md has one row for each case of the suite, in its order", () => {
  expect(rowsBelow("Cases").map(([name]) => name)).toEqual(CASES.map(({ name }) => name));
});

it("every row of docs/forge-truth.md ends in equal: npm run test:forge-truth writes it anew", () => {
  const results = rowsBelow("Cases").map((cells) => cells.at(-1));
  expect(results).toEqual(CASES.map(() => "equal"));
});

it("docs/forge-truth.md names the known differences that the suite lets pass, and no others", () => {
  expect(DOCUMENT).toContain(`## Known differences\n\n${knownTable()}\n\n## `);
});
