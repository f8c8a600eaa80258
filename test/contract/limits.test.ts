import { readFileSync } from "node:fs";
import { DURATIONS, LIMITS } from "@mobilesd/contract";
import { expect, it } from "vitest";

const lines = readFileSync(new URL("../../src/contract/limits.ts", import.meta.url), "utf8").split(
  "\n",
);

it.each([...Object.keys(LIMITS), ...Object.keys(DURATIONS)])(
  "of %s it is said why it is that number",
  (name) => {
    const at = lines.findIndex((line) => line.startsWith(`  ${name}: `));
    expect(lines[at - 1]).toMatch(/^ {2}\/\*\* .{10,} \*\/$/);
  },
);
