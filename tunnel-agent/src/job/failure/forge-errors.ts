import type { ForgeAnswer } from "../../forge/client.ts";
import { type Failure, failure } from "./failure.ts";
import { ERROR_ROWS, type ErrorRow, MODEL_LOST, OUT_OF_MEMORY } from "./forge-error-table.ts";
import { inOneLine, refusedPlace, wordsOf } from "./forge-words.ts";

/** Characters of Forge's own words that are handed on: the end of a long message says little. */
const WORDS_CHARS_MAX = 300;

function quoted(words: string): string {
  return words.length > WORDS_CHARS_MAX ? `${words.slice(0, WORDS_CHARS_MAX)}…` : words;
}

/** Whether an answer says that memory ran out: worth one try in place, with the model unloaded. */
export function isOutOfMemory(answer: ForgeAnswer): boolean {
  return answer.status === 500 && OUT_OF_MEMORY.test(inOneLine(wordsOf(answer.body)));
}

/** Whether Forge takes a model for loaded that it has lost: worth one try in place, with another one loaded before. */
export function isModelLost(answer: ForgeAnswer): boolean {
  return answer.status === 500 && MODEL_LOST.test(inOneLine(wordsOf(answer.body)));
}

/** Whether a Forge that is just starting answered: it has no route yet (forge-reference 8.1). */
export function isForgeNotUp(answer: ForgeAnswer): boolean {
  return answer.status === 404 && wordsOf(answer.body).message === "Not Found";
}

function fromRow(row: ErrorRow, name: string, words: string): Failure {
  const message = typeof row.message === "string" ? row.message : row.message(name);
  const field = typeof row.field === "function" ? row.field(name) : row.field;
  const advice = [row.owner, row.quotes && `Forge says: ${quoted(words)}`];
  const ownerMessage = advice.filter((part) => part !== undefined).join(" ");
  return failure(row.kind, row.reason, message, { field, ownerMessage: ownerMessage || undefined });
}

function loginFailed(): Failure {
  return failure("infra", "forge_login", "The server's Forge asks its agent for a login.", {
    ownerMessage:
      "Set FORGE_API_AUTH to the user:password that Forge was started with (--api-auth).",
  });
}

function refused(words: string): Failure {
  return failure("user", "invalid_job", `Forge refused the request: ${quoted(words)}`, {
    ownerMessage: "The agent and this Forge may not fit together: bring both up to date.",
  });
}

function unknown(status: number, type: string, words: string): Failure {
  const message =
    words === type
      ? `Forge stopped with an error and gave no reason (${words || `status ${status}`}).`
      : `Forge stopped with an error: ${quoted(words)}`;
  return failure("infra", "forge_error", message, {
    ownerMessage: "Forge's console shows more about it.",
  });
}

/** What an answer that is no 200 means for the job: one code, and words for the user and for the box's owner. */
export function classifyError(answer: ForgeAnswer): Failure {
  const { status, body } = answer;
  if (status === 401 || status === 403) return loginFailed();
  const place = refusedPlace(body);
  if (place !== null) return refused(place);
  const said = wordsOf(body);
  const words = inOneLine(said);
  for (const row of ERROR_ROWS) {
    const found = row.says.exec(words);
    if (found) return fromRow(row, found[1] ?? "", words);
  }
  const isRefused = [400, 404, 422].includes(status) && said.message !== "";
  return isRefused ? refused(said.message) : unknown(status, said.type, words);
}
