import { expect, it } from "vitest";
import { errorTextOf } from "../../src/domain/error-text.ts";

it("keeps the parameters of a failed query out of the log", () => {
  const cause = new Error("D1_ERROR: no such table");
  const failed = new Error("Failed query: SELECT ?\nparams: my secret prompt", { cause });
  const { error, stack } = errorTextOf(failed);
  expect(error).toBe("Error: Failed query: SELECT ? (Error: D1_ERROR: no such table)");
  expect(`${error}${stack}`).not.toContain("secret");
  expect(stack).toContain("error-text.test.ts");
});

it("says only the kind of what is no error", () => {
  expect(errorTextOf("my secret prompt")).toEqual({ error: "string", stack: null });
});
