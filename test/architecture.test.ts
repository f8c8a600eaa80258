import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** What each folder may import: of ours by folder, of others by package. The same folder is always fine. */
const LAW: Record<string, { ours: string[]; packages: string[] }> = {
  contract: { ours: [], packages: ["zod"] },
  domain: { ours: ["contract"], packages: ["@noble/hashes", "fastest-levenshtein"] },
  storage: { ours: ["contract", "domain"], packages: ["drizzle-orm", "drizzle-kit"] },
  services: { ours: ["contract", "domain", "storage"], packages: ["image-size"] },
  http: { ours: ["contract", "domain", "services"], packages: ["hono", "zod"] },
  queue: { ours: ["contract", "domain", "services"], packages: [] },
  cron: { ours: ["contract", "domain", "services"], packages: [] },
  durable: { ours: ["contract", "domain", "services"], packages: ["cloudflare:workers"] },
  web: { ours: ["contract"], packages: [] },
};

interface Source {
  readonly path: string;
  readonly text: string;
}

/** `import`/`export` at the start of a statement: names only between the keyword and `from`, so no code is taken for one. */
const STATIC_IMPORT =
  /^(?:import|export)\s+(?:(?:type\s+)?[\w$*{},\s]+?\sfrom\s+)?["']([^"']+)["']/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*(?:["']([^"']+)["']\s*\))?/g;

/** What a file imports. An import of something computed is answered as `?`, which no law allows. */
function importsOf({ text }: Source): string[] {
  const dynamic = [...text.matchAll(DYNAMIC_IMPORT)].map(([, specifier]) => specifier ?? "?");
  return [...[...text.matchAll(STATIC_IMPORT)].map(([, specifier = ""]) => specifier), ...dynamic];
}

/** The folder of `src` that an import leads to, or the package it names. */
function targetOf(path: string, specifier: string): { folder: string } | { pack: string } {
  if (specifier === "@mobilesd/contract") return { folder: "contract" };
  if (!specifier.startsWith(".")) {
    const parts = specifier.split("/");
    return { pack: specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "") };
  }
  const [, folder = ""] = posix.join(dirname(path), specifier).split("/");
  return { folder: folder.endsWith(".ts") ? "root" : folder };
}

/** Every breach of the import law among some files of `src`, one sentence each. */
function breachesOf(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const [, folder = "", sub = ""] = source.path.split("/");
    const law = LAW[folder];
    if (!law) return folder === "local" || folder.endsWith(".ts") ? [] : [`${source.path}: no law`];
    return importsOf(source).flatMap((specifier) => {
      const target = targetOf(source.path, specifier);
      const say = [`${source.path}: ${folder} may not import ${specifier}`];
      if ("pack" in target) return law.packages.includes(target.pack) ? [] : say;
      if (target.folder === folder) {
        const other = posix.join(dirname(source.path), specifier).split("/")[2] ?? "";
        const isSibling = folder !== "services" || other.endsWith(".ts") || other === sub;
        return isSibling
          ? []
          : [`${source.path}: services/${sub} may not import services/${other}`];
      }
      return law.ours.includes(target.folder) ? [] : say;
    });
  });
}

/** What is installed or built, by the very name of its folder. */
const isForeign = (path: string) => /(^|[\\/])(node_modules|dist)([\\/]|$)/.test(path);

const files = (pattern: string) =>
  globSync(pattern, { exclude: isForeign }).map((path) => ({
    path: path.replaceAll("\\", "/"),
    text: readFileSync(path, "utf8"),
  }));

it.each([
  ["src/services/distribute.ts", false],
  ["src/domain/distance/a.ts", false],
  ["test/redistribution.test.ts", false],
  ["dist", true],
  ["tunnel-agent/dist/cli.js", true],
  ["tunnel-agent\\dist\\cli.js", true],
  ["node_modules", true],
])("the walk over our files passes %s by: %s", (path, expected) => {
  expect(isForeign(path)).toBe(expected);
});

describe("the import law", () => {
  it("is kept by every file of src", () => {
    const sources = files("src/**/*.ts");
    expect(sources.length).toBeGreaterThan(40);
    expect(breachesOf(sources)).toEqual([]);
  });

  it.each([
    ["src/domain/a.ts", 'import { x } from "../storage/jobs.ts";'],
    ["src/contract/a.ts", 'import { Hono } from "hono";'],
    ["src/http/routes/a.ts", 'import { jobs } from "../../storage/schema.ts";'],
    ["src/web/a.ts", 'import { x } from "../domain/lease.ts";'],
    ["src/services/jobs/a.ts", 'import { x } from "../leases/claim.ts";'],
    ["src/services/jobs/a.ts", 'import {\n  x,\n} from "../../http/app.ts";'],
    ["src/domain/a.ts", 'export * from "drizzle-orm";'],
    ["src/domain/a.ts", 'const x = await import("node:fs");'],
    ["src/domain/a.ts", "const x = await import(name);"],
    ["src/domain/a.ts", 'import "drizzle-orm";'],
    ["src/domain/a.ts", "import x, { type Y } from 'hono';"],
    ["src/queue/a.ts", 'export type { JobRow } from "../storage/jobs.ts";'],
    ["src/elsewhere/a.ts", ""],
  ])("is seen to fail for %s with %s", (path, text) => {
    expect(breachesOf([{ path, text }])).toHaveLength(1);
  });

  it.each([
    'export const ROUTE = {\n  access: "public",\n};',
    'export function f(word: "a" | "b") {\n  return word === "a";\n}',
    'export type Access = "public" | "agent";',
    '// It takes words from "elsewhere".',
  ])("does not take a text for an import in %s", (text) => {
    expect(importsOf({ path: "src/domain/a.ts", text })).toEqual([]);
  });

  it("lets the agent import the contract and nothing else of ours", () => {
    const breaches = files("tunnel-agent/{src,demo-forge}/**/*.ts").flatMap(({ path, text }) =>
      importsOf({ path, text })
        .filter((specifier) => specifier.startsWith("."))
        .filter((specifier) =>
          relative("tunnel-agent", join(dirname(path), specifier)).startsWith(".."),
        )
        .map((specifier) => `${path}: ${specifier}`),
    );
    expect(breaches).toEqual([]);
  });
});

/** Folders of `test` that mirror none of `src`: what the tests share, and the agent against the Worker. */
const FOLDERS_OF_TESTS_ALONE = new Set([
  "support",
  "bench",
  "golden",
  "fixtures",
  "agent",
  "honesty",
  "forge-api",
  "forge-jobs",
  "forge-truth",
  "prove",
  "extension",
]);

/** What is wrong with a test file, one sentence each: names, and what would let a test pass unseen. */
function testFaultsOf({ path, text }: Source): string[] {
  const faults: string[] = [];
  if (/\b(?:it|test|describe)\.(?:skip|only|todo|fails|skipIf|runIf)\b/.test(text)) {
    faults.push(`${path}: every test runs, always`);
  }
  for (const [, name = ""] of text.matchAll(/\b(?:it|test)(?:\.each\([^`]*?\))?\(\s*"([^"]+)"/g)) {
    if (/^(?:should\b|test\b)|^\S+$/.test(name)) {
      faults.push(`${path}: "${name}" does not say what is promised`);
    }
  }
  const [top = "", folder = "", ...rest] = path.split("/");
  const isMirror = top === "test" && rest.length > 0 && !FOLDERS_OF_TESTS_ALONE.has(folder);
  const mirrored = ["src", folder, ...rest.slice(0, -1)].join("/");
  if (isMirror && !existsSync(mirrored))
    faults.push(`${path}: mirrors ${mirrored}, which is not there`);
  return faults;
}

describe("the tests", () => {
  it("say what they promise, hide nothing and mirror what they test", () => {
    const tests = files("{test,tunnel-agent/test}/**/*.test.ts").filter(
      ({ path }) => path !== "test/architecture.test.ts",
    );
    expect(tests.flatMap(testFaultsOf)).toEqual([]);
  });

  it.each([
    ["test/domain/a.test.ts", 'it.skip("keeps what it was given", () => {});'],
    ["test/domain/a.test.ts", 'it("should keep what it was given", () => {});'],
    ["test/domain/a.test.ts", 'it("works", () => {});'],
    ["test/domain/a.test.ts", 'it.each([1, 2])("test one", () => {});'],
    ["test/nowhere/a.test.ts", 'it("keeps what it was given", () => {});'],
    ["test/services/nowhere/a.test.ts", 'it("keeps what it was given", () => {});'],
  ])("are seen to fail for %s with %s", (path, text) => {
    expect(testFaultsOf({ path, text })).toHaveLength(1);
  });
});

describe("the shape of the code", () => {
  const sources = files("{src,tunnel-agent,test}/**/*.{ts,js}");

  it("keeps every file below 400 lines", () => {
    const long = sources
      .filter(({ text }) => text.split("\n").length > 400)
      .map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it("has no file whose name says nothing", () => {
    const vague = /(^|\/)(utils?|helpers?|common|manager|misc)(\.|\/)/;
    expect(sources.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  it("names files in one way", () => {
    const kebab = /(^|\/)[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?\.[jt]s$/;
    expect(sources.map(({ path }) => path).filter((path) => !kebab.test(path))).toEqual([]);
  });

  it("decides nothing by the clock or by chance where both must be passed in", () => {
    const own = /Date\.now\(\)|new Date\(\)|Math\.random|crypto\.randomUUID/;
    const guilty = sources
      .filter(({ path }) => /^src\/(domain|services|storage)\//.test(path))
      .filter(({ text }) => own.test(text))
      .map(({ path }) => path);
    expect(guilty).toEqual([]);
  });

  it("never holds the body of a picture in the Worker", () => {
    const held = /\.(arrayBuffer|blob|formData|bytes)\(\)/;
    const guilty = sources
      .filter(({ path }) => /^src\/(http|services|storage|queue|cron|durable)\//.test(path))
      .filter(({ text }) => held.test(text))
      .map(({ path }) => path);
    expect(guilty).toEqual([]);
  });

  it("imports zod so that a phone does not load all of it", () => {
    const guilty = sources
      .filter(({ text }) => /import \{[^}]*\bz\b[^}]*\} from "zod"/.test(text))
      .filter(({ path }) => !path.endsWith("architecture.test.ts"))
      .map(({ path }) => path);
    expect(guilty).toEqual([]);
  });
});
