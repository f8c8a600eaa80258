import type { Answer, RecordedRequest } from "../recording.ts";
import { diffValues, isObject, mapTexts, show } from "./difference.ts";
import { diffErrors } from "./errors.ts";
import { type Drawn, diffGenerations, type Generation, readGeneration } from "./generation.ts";
import { takeOutHashes } from "./hashes.ts";
import { diffHeaders } from "./headers.ts";
import { diffHashedCheckpoints, LIST_COMPARISONS } from "./lists.ts";
import { readPicture } from "./picture.ts";

/** Which of the two Forges hashes its files: none, only the one that is asked, or the recorded one too. */
export type Hashes = "none" | "fresh only" | "recorded";

/** How one exchange is to be compared. */
export interface Comparison {
  /** The request as it was sent to the Forge that is asked. */
  request: RecordedRequest;
  /** Puts the names of the Forge that is asked in place of the recorded ones. */
  rename: (text: string) => string;
  hashes: Hashes;
  /** Keys of the recorded body that are compared by value, all others being left out. */
  isPart: boolean;
}

const GENERATION = /^\/sdapi\/v1\/(txt2img|img2img)$/;

/** Everything in which a fresh answer is not the recorded one, one sentence each. */
export async function diffAnswers(
  expected: Answer,
  actual: Answer,
  comparison: Comparison,
): Promise<string[]> {
  if (expected.status !== actual.status) {
    return [`status: expected ${expected.status}, got ${actual.status} ${show(actual.body)}`];
  }
  return [
    ...diffHeaders(expected.headers, actual.headers),
    ...(await diffBodies(expected, actual, comparison)),
  ];
}

async function diffBodies(
  { status, body: recorded }: Answer,
  { body: fresh }: Answer,
  comparison: Comparison,
): Promise<string[]> {
  const { path } = comparison.request;
  const renamed = mapTexts(recorded, comparison.rename);
  if (path === "/sdapi/v1/cmd-flags" && isObject(recorded) && isObject(recorded.body)) {
    return diffRefusedFlags(recorded, fresh);
  }
  if (status >= 400) return diffErrors(renamed, fresh);
  if (comparison.request.method === "POST" && GENERATION.test(path)) {
    return diffGenerationBodies(recorded, fresh, comparison);
  }
  if (comparison.isPart) return diffValues(renamed, pickKeys(fresh, renamed), "body");
  if (path === "/sdapi/v1/sd-models" && comparison.hashes === "recorded") {
    return diffHashedCheckpoints(renamed, fresh);
  }
  const compareList = LIST_COMPARISONS[path];
  if (compareList && comparison.request.method === "GET") return compareList(renamed, fresh);
  if (path === "/sdapi/v1/png-info") {
    return diffValues(hideBuild(renamed), hideBuild(fresh), "body");
  }
  if (path === "/sdapi/v1/extra-single-image") return diffUpscaled(recorded, fresh);
  if (path === "/internal/pending-tasks") {
    return diffValues(hideDrawnIds(recorded), hideDrawnIds(fresh), "body");
  }
  return diffValues(renamed, fresh, "body");
}

// With --port given the flags stand in the body of a refusal, and the port in its message.
function diffRefusedFlags(recorded: Record<string, unknown>, fresh: unknown): string[] {
  const { body: flags, ...refusal } = recorded;
  const { body: freshFlags, ...freshRefusal } = isObject(fresh) ? fresh : {};
  const hidePort = (text: string) => text.replace(/'input': \d+/, "'input': PORT");
  return [
    ...diffErrors(mapTexts(refusal, hidePort), mapTexts(freshRefusal, hidePort)),
    ...(LIST_COMPARISONS["/sdapi/v1/cmd-flags"]?.(flags, freshFlags) ?? []),
  ];
}

async function diffGenerationBodies(
  recorded: unknown,
  fresh: unknown,
  { request, rename, hashes }: Comparison,
): Promise<string[]> {
  const expected = mapTexts(await readGeneration(recorded), rename) as Generation;
  let actual: Generation;
  try {
    actual = await readGeneration(fresh);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const drawn = findDrawn(request);
  if (hashes !== "fresh only") {
    return diffGenerations(hideLoraHashes(expected), hideLoraHashes(actual), drawn);
  }
  const { bare, differences } = takeOutHashes(actual);
  return [...differences, ...diffGenerations(expected, bare, drawn)];
}

function hideLoraHashes(generation: Generation): Generation {
  const hide = (text: string) => text.replace(/: [0-9a-f]{12}(?=[",]|$)/g, ": HASH");
  return mapTexts(generation, hide) as Generation;
}

/** Forge draws a seed where none was sent, or −1. */
export function findDrawn({ body, body_text }: RecordedRequest): Drawn {
  const fields = isObject(body) ? body : {};
  const isDrawn = (seed: unknown) => seed === undefined || seed === -1;
  const isSeedSent = !isDrawn(fields.seed) || /"seed": \d/.test(body_text ?? "");
  return { isSeedDrawn: !isSeedSent, isSubseedDrawn: isDrawn(fields.subseed) };
}

function pickKeys(fresh: unknown, recorded: unknown): unknown {
  if (!isObject(fresh) || !isObject(recorded)) return fresh;
  return Object.fromEntries(Object.entries(fresh).filter(([key]) => Object.hasOwn(recorded, key)));
}

// The version and the hash of the model are the build's and the host's.
function hideBuild(body: unknown): unknown {
  if (!isObject(body) || !isObject(body.parameters)) return body;
  const { Version, "Model hash": _hash, ...parameters } = body.parameters;
  const hide = (text: string) =>
    text.replace(/, Model hash: [0-9a-f]{10}/, "").replace(/Version: [^,]+/, "Version: …");
  return {
    ...body,
    info: hide(String(body.info)),
    parameters: { ...parameters, Version: typeof Version },
  };
}

async function diffUpscaled(recorded: unknown, fresh: unknown): Promise<string[]> {
  const [expected, actual] = [recorded, fresh].map((body) => (isObject(body) ? body : {}));
  if (typeof actual?.image !== "string") return ["body.image: is no picture"];
  const pictures = [await readPicture(String(expected?.image)), await readPicture(actual.image)];
  return diffValues({ ...expected, image: pictures[0] }, { ...actual, image: pictures[1] }, "body");
}

// Ids that Forge made up: their kind and number count.
function hideDrawnIds(body: unknown): unknown {
  return mapTexts(body, (text) => text.replace(/^(task\(\w+)-[A-Z0-9]{7}\)$/, "$1-…)"));
}
