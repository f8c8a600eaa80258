import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { findNames, replaceCatalogueNames } from "../../src/storage/servers.ts";

const db = openDatabase(env.DB);

const name = (kind: "style" | "lora", text: string, key = text) => ({
  kind,
  name: text,
  key,
  hash: null,
});

it("finds the names that stand under the keys of their own kind and server, in one look", async () => {
  const here = `box-${crypto.randomUUID()}`;
  const there = `box-${crypto.randomUUID()}`;
  const shared = [name("lora", "a", "shared"), name("lora", "b", "shared")];
  await replaceCatalogueNames(db, here, [...shared, name("style", "x"), name("lora", "y")]);
  await replaceCatalogueNames(db, there, [name("style", "y"), name("lora", "x")]);
  const found = await findNames(db, here, [
    { kind: "lora", key: "shared" },
    { kind: "style", key: "x" },
    { kind: "style", key: "y" },
    { kind: "lora", key: "x" },
    { kind: "style", key: "x" },
  ]);
  expect(found).toHaveLength(4);
  expect(found).toEqual(expect.arrayContaining([...shared, name("style", "x")]));
  expect(await findNames(db, here, [])).toEqual([]);
});

it.each(["it's", 'a "quoted" one', "with\nlines", "%_", "é😀", "[1]", "null"])(
  "finds a name whatever stands in it: %j",
  async (text) => {
    const alias = `box-${crypto.randomUUID()}`;
    await replaceCatalogueNames(db, alias, [name("style", text), name("style", "another")]);
    const found = await findNames(db, alias, [{ kind: "style", key: text }]);
    expect(found.map((one) => one.name)).toEqual([text]);
  },
);
