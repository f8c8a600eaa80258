import { readFileSync } from "node:fs";
import { ROUTES, type Route, StatusReason, WarningCode } from "@mobilesd/contract";
import { expect, it } from "vitest";

const DOCUMENT = readFileSync("docs/api.md", "utf8");

/** Every body of the document that is written out with the path it is sent to, and ids where it leaves them out. */
function writtenBodies(): { path: string; body: unknown }[] {
  const calls = DOCUMENT.matchAll(
    /(\/api\/v\d\/[\w/-]+)(?:(?!\/api\/)(?:.|\n))*?-d '(\{(?:.|\n)*?\})'/g,
  );
  return [...calls]
    .map(([, path = "", body = ""]) => ({ path, body }))
    .filter(({ body }) => body !== "{ … }")
    .map(({ path, body }) => ({
      path,
      body: JSON.parse(body.replaceAll("upl_…", `upl_${"0".repeat(22)}`)),
    }));
}

it("every body that the document shows is one that its route understands", () => {
  const bodies = writtenBodies();
  expect(bodies.filter(({ path }) => path === ROUTES.submitJob.path).length).toBeGreaterThan(4);
  for (const { path, body } of bodies) {
    const route = Object.values<Route>(ROUTES).find(
      (one) => one.method === "POST" && one.path === path,
    );
    if (route?.body === undefined || route.body === "bytes")
      throw new Error(`no such route ${path}`);
    expect(route.body.safeParse(body).error?.issues ?? [], path).toEqual([]);
  }
});

it("the document tells every reason and every warning that a status can have", () => {
  const words = [...StatusReason.options, ...WarningCode.options];
  expect(words.filter((word) => !DOCUMENT.includes(`\`${word}\``))).toEqual([]);
});
