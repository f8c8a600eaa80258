import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const TOP = "src|test|drizzle|docs|tunnel-agent|forge-extension|\\.ci";
/** A path in backticks; one in a link's brackets is `LINKED`'s. */
const CITED = new RegExp(`\`((?:\\./)?(?:${TOP})/[\\w./@-]*\\w)\``, "g");
const LINKED = /(?:\]\(|\bsrc=")(?!https?:|#|mailto:)([^)"#\s]+)/g;

/** Every path that a document names although nothing is there. */
function missingPaths(document: { path: string; text: string }): string[] {
  const cited = [...document.text.matchAll(CITED)].map(([, path = ""]) => path);
  const linked = [...document.text.matchAll(LINKED)].map(([, path = ""]) =>
    join(dirname(document.path), path),
  );
  return [...cited, ...linked]
    .filter((path) => !existsSync(path))
    .map((path) => `${document.path}: ${path}`);
}

it("no document names a file that is not there", () => {
  const documents = globSync("{*.md,docs/**/*.md,tunnel-agent/*.md,forge-extension/**/*.md}");
  expect(documents).toContain("README.md");
  const missing = documents.flatMap((path) =>
    missingPaths({ path, text: readFileSync(path, "utf8") }),
  );
  expect(missing).toEqual([]);
});

it("a document that names a missing file is found out", () => {
  const text =
    'See `src/nowhere/at-all.ts`, [this](docs/none.md#part) and <img src="docs/no.png">.';
  expect(missingPaths({ path: "README.md", text })).toHaveLength(3);
});
