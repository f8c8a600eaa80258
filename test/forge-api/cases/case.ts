import { isObject, mapTexts } from "../compare/difference.ts";
import { diffAnswers, findDrawn, type Hashes } from "../compare/answer.ts";
import { takeOutDeadIds } from "../forge/dead-ids.ts";
import type { Names } from "../forge/names.ts";
import type { Need } from "../forge/needs.ts";
import { isBorderKept } from "../pictures-seen.ts";
import { type Answer, type Exchange, loadExchange, type RecordedRequest } from "../recording.ts";
import { refreshHashes, type Session } from "../session.ts";

/** One recording, and how the asked Forge is held to it. */
export interface Case {
  /** The name of its recording, or of the fact that it states. */
  readonly id: string;
  /** Runs it; resolves with one sentence for each difference. */
  readonly run: (session: Session) => Promise<string[]>;
}

/** Cases that need the same of a Forge, in the order in which they must run. */
export interface Group {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly cases: readonly Case[];
  readonly begin?: (session: Session) => Promise<void>;
  readonly end?: (session: Session) => Promise<void>;
}

/** How one exchange departs from "send the recorded request and compare the answer". */
export interface ExchangeOptions {
  /** Compares the recorded keys of the body only, by value. */
  isPart?: boolean;
  /** The recording's Forge hashed its files. */
  isHashRecorded?: boolean;
  /** What must be so before the request is sent. */
  prepare?: (session: Session) => Promise<void>;
  /** The request to send in place of the recorded one. */
  change?: (
    request: RecordedRequest,
    session: Session,
  ) => RecordedRequest | Promise<RecordedRequest>;
  /** Sends the request in a way of its own, or has its answer already. */
  send?: (request: RecordedRequest, session: Session) => Promise<Answer>;
  /** Texts that only this case names, each with what stands for it. */
  alsoRename?: (names: Names, session: Session) => [recorded: string, fresh: string][];
}

/** A case that sends what was recorded, and compares the answer. */
export function exchange(id: string, options: ExchangeOptions = {}): Case {
  return { id, run: (session) => runExchange(session, id, options) };
}

async function runExchange(
  session: Session,
  id: string,
  options: ExchangeOptions,
): Promise<string[]> {
  const recording = loadExchange(id);
  await options.prepare?.(session);
  const own = new Map(options.alsoRename?.(session.names, session) ?? []);
  const rename = (text: string) => own.get(text) ?? session.rename(text);
  const renamed = mapTexts(recording.request, rename) as RecordedRequest;
  const request = options.change ? await options.change(renamed, session) : renamed;
  const send = options.send ?? ((asked) => session.forge.send(asked));
  const raw = await send(request, session);
  const body = isObject(raw.body) ? takeOutDeadIds(raw.body, session.deadIds) : raw.body;
  const answer = { ...raw, body };
  session.answers.set(id, answer);
  // Which hash a file has may be known only now.
  if (options.isHashRecorded) await refreshHashes(session);
  const differences = await diffAnswers(recording.response, answer, {
    request,
    rename,
    hashes: findHashes(session, options),
    isPart: options.isPart ?? false,
  });
  return [...differences, ...(await diffPictures(session, id, recording, answer))];
}

function findHashes({ flavour }: Session, { isHashRecorded }: ExchangeOptions): Hashes {
  if (isHashRecorded) return "recorded";
  return flavour.isHashing ? "fresh only" : "none";
}

async function diffPictures(
  session: Session,
  id: string,
  { request, response }: Exchange,
  answer: Answer,
): Promise<string[]> {
  const [recorded, fresh] = [readImages(response), readImages(answer)];
  if (recorded.length === 0 || fresh.length === 0) return [];
  if (request.path.endsWith("/txt2img")) {
    return findDrawn(request).isSeedDrawn ? [] : session.pictures.note(id, recorded, fresh);
  }
  const { mask, init_images: inits } = isObject(request.body) ? request.body : {};
  if (typeof mask !== "string" || !Array.isArray(inits)) return [];
  const init = String(inits[0]);
  const isKept = await isBorderKept(recorded[0] ?? "", init);
  if (isKept === (await isBorderKept(fresh[0] ?? "", init))) return [];
  return [`images[0]: its border is ${isKept ? "not that" : "still that"} of the init image`];
}

/** The pictures of an answer; none where it is no generation's. */
export function readImages({ body }: Answer): string[] {
  return isObject(body) && Array.isArray(body.images) ? body.images.map(String) : [];
}
