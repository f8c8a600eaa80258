import { HttpDetail } from "./errors.ts";
import { type FieldTable, type FieldType, REQUIRED, type ValuesOf } from "./request-fields.ts";

interface Problem {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  url?: string;
}

type Checked = { value: unknown } | { type: string; msg: string };

/** Checks a body as FastAPI does: unknown keys pass, defaults fill up, problems are one 422. */
export function validateBody<Table extends FieldTable>(
  body: unknown,
  table: Table,
): ValuesOf<Table> {
  if (body === undefined || body === null) {
    throw createRefusal([describeProblem("missing", ["body"], "Field required", null)]);
  }
  if (typeof body !== "object" || Array.isArray(body)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    throw createRefusal([describeProblem("model_attributes_type", ["body"], msg, body)]);
  }
  const given = body as Record<string, unknown>;
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [name, [type, standard]] of Object.entries(table)) {
    const input = given[name];
    if (standard === REQUIRED && !Object.hasOwn(given, name)) {
      problems.push(describeProblem("missing", ["body", name], "Field required", given));
      continue;
    }
    const checked = Object.hasOwn(given, name) ? checkValue(type, input) : { value: standard };
    if ("value" in checked) values[name] = checked.value;
    else problems.push(describeProblem(checked.type, ["body", name], checked.msg, input));
  }
  if (problems.length > 0) throw createRefusal(problems);
  return values as ValuesOf<Table>;
}

/** Checks a body that may be any JSON object. */
export function validateDictionary(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) {
    throw createRefusal([describeProblem("missing", ["body"], "Field required", null)]);
  }
  const checked = checkValue("dict", body);
  if ("value" in checked) return body as Record<string, unknown>;
  throw createRefusal([describeProblem(checked.type, ["body"], checked.msg, body)]);
}

/** The 422 for a body that is no JSON at all. */
export function createJsonRefusal(text: string, cause: unknown): HttpDetail {
  const message = cause instanceof Error ? cause.message : "";
  const position = /at position (\d+)/.exec(message)?.[1];
  const isName = /property name/.test(message);
  const error = isName
    ? "Expecting property name enclosed in double quotes"
    : /Unterminated string/.test(message)
      ? "Unterminated string starting at"
      : "Expecting value";
  const loc = ["body", position === undefined ? text.length : Number(position)];
  const problem = {
    type: "json_invalid",
    loc,
    msg: "JSON decode error",
    input: {},
    ctx: { error },
  };
  return new HttpDetail(422, [problem]);
}

function createRefusal(problems: Problem[]): HttpDetail {
  return new HttpDetail(422, problems);
}

function describeProblem(
  type: string,
  loc: (string | number)[],
  msg: string,
  input: unknown,
): Problem {
  return { type, loc, msg, input, url: `https://errors.pydantic.dev/2.8/v/${type}` };
}

function checkValue(type: FieldType, input: unknown): Checked {
  const base = type.replace("?", "");
  if (input === null && type.endsWith("?")) return { value: null };
  if (base === "int" || base === "float") return checkNumber(base, input);
  if (base === "bool") return checkBoolean(input);
  if (base === "str") {
    if (typeof input === "string") return { value: input };
    return { type: "string_type", msg: "Input should be a valid string" };
  }
  if (base === "dict") {
    if (typeof input === "object" && input !== null && !Array.isArray(input)) {
      return { value: input };
    }
    return { type: "dict_type", msg: "Input should be a valid dictionary" };
  }
  if (!Array.isArray(input)) return { type: "list_type", msg: "Input should be a valid list" };
  if (base === "strings" && !input.every((item) => typeof item === "string")) {
    return { type: "string_type", msg: "Input should be a valid string" };
  }
  return { value: input };
}

function checkNumber(base: "int" | "float", input: unknown): Checked {
  const noun = base === "int" ? "integer" : "number";
  if (typeof input === "boolean") return { value: Number(input) };
  if (typeof input === "string") {
    const parsed = input.trim() === "" ? Number.NaN : Number(input);
    if (Number.isFinite(parsed) && (base === "float" || Number.isInteger(parsed))) {
      return { value: parsed };
    }
    const msg = `Input should be a valid ${noun}, unable to parse string as ${base === "int" ? "an" : "a"} ${noun}`;
    return { type: `${base}_parsing`, msg };
  }
  if (typeof input !== "number") {
    return { type: `${base}_type`, msg: `Input should be a valid ${noun}` };
  }
  if (base === "int" && !Number.isInteger(input)) {
    const msg = "Input should be a valid integer, got a number with a fractional part";
    return { type: "int_from_float", msg };
  }
  return { value: input };
}

function checkBoolean(input: unknown): Checked {
  if (typeof input === "boolean") return { value: input };
  if (input === 0 || input === 1) return { value: input === 1 };
  const word = typeof input === "string" ? input.toLowerCase() : "";
  if (["true", "1", "yes", "on"].includes(word)) return { value: true };
  if (["false", "0", "no", "off"].includes(word)) return { value: false };
  return {
    type: "bool_parsing",
    msg: "Input should be a valid boolean, unable to interpret input",
  };
}
