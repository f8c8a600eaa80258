import { Readable } from "node:stream";
import { Agent, request } from "undici";
import { jsonBody } from "./json-body.ts";

/** An answer of Forge, whatever its status. `body` is its JSON, or undefined where it is none. */
export interface ForgeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** An answer with status 200 to a generation, unread: its pictures may be hundreds of megabytes. */
export interface RawAnswer {
  readonly status: 200;
  /** Its JSON, alone in its memory, so that it can be handed to another thread. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Forge gave no whole answer. `wasSent`: it may have begun to work on the request. */
export class ForgeUnreachableError extends Error {
  override readonly name = "ForgeUnreachableError";
  readonly wasSent: boolean;
  readonly code: string;

  constructor(code: string, wasSent: boolean) {
    super(`Forge gave no answer (${code})`);
    this.code = code;
    this.wasSent = wasSent;
  }
}

/** Forge's answer is larger than this agent takes. */
export class AnswerTooLargeError extends Error {
  override readonly name = "AnswerTooLargeError";
}

/** Bytes of an answer: below what one JavaScript string holds (512 MB), above 64 pictures of 4 MB each. */
const ANSWER_BYTES_MAX = 400_000_000;

/** Milliseconds for a question that Forge answers from memory; longer means that its event loop stands still. */
const QUICK_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Idle milliseconds that a connection is kept for the next question: Forge drops it after 5,000 (8.1). */
const KEPT_MS = 3_000;

/** What is a POST in Forge and changes nothing there. */
const QUESTIONS = new Set(["/internal/progress"]);
/** The connection ended before the answer was whole. */
const CONNECTION_LOST = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** Failures before the request left: nothing can have begun. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export interface ForgeClient {
  get(path: string): Promise<ForgeAnswer>;
  /** A post that Forge answers at once. */
  post(path: string, body: unknown): Promise<ForgeAnswer>;
  /**
   * A post that takes as long as the generation; only `signal` ends it early. Pictures stand in the body as
   * `Picture`, and become base64 while it is sent.
   */
  generate(path: string, body: unknown, signal: AbortSignal): Promise<RawAnswer | ForgeAnswer>;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  return error.name === "TimeoutError" ? "ETIMEDOUT" : error.name;
}

interface Heard {
  readonly status: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Answer = Awaited<ReturnType<typeof request>>;

/** Reads a body into one piece of memory, made once where its length is told, as Forge does (8.1). */
async function readBytes({ body, headers }: Answer): Promise<Uint8Array<ArrayBuffer>> {
  const told = Number(headers["content-length"] ?? 0);
  if (told > ANSWER_BYTES_MAX) throw new AnswerTooLargeError("Forge's answer is too large");
  let bytes = new Uint8Array(told);
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const end = length + chunk.length;
    if (end > ANSWER_BYTES_MAX) throw new AnswerTooLargeError("Forge's answer is too large");
    if (end > bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * bytes.length));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(chunk, length);
    length = end;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** The options of a request that carries JSON: of a known length, although it is made while it is sent. */
function jsonOptions(body: unknown) {
  if (body === undefined) return { headers: {} };
  const { length, chunks } = jsonBody(body);
  return {
    headers: { "content-type": "application/json", "content-length": String(length) },
    body: Readable.from(chunks(), { objectMode: false }),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Speaks HTTP with the Forge beside. What changes something has a connection of its own, as Forge drops idle
 * ones after 5 s and a POST on such a one fails (forge-reference 8.1). A question may be asked twice: it goes over
 * a kept connection, and once more over a new one where that is lost. No answer is compressed. Throws `ForgeUnreachableError` and `AnswerTooLargeError`.
 */
export function createForgeClient(forgeUrl: string, apiAuth: string | null): ForgeClient {
  const limits = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_TIMEOUT_MS } };
  const alone = new Agent(limits);
  const kept = new Agent({ ...limits, keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS });
  const authorization =
    apiAuth === null ? {} : { authorization: `Basic ${Buffer.from(apiAuth).toString("base64")}` };

  async function send(
    method: "GET" | "POST",
    path: string,
    body: unknown,
    signal: AbortSignal,
    dispatcher = alone,
  ): Promise<Heard> {
    const { headers, ...options } = jsonOptions(body);
    try {
      const answer = await request(forgeUrl + path, {
        dispatcher,
        method,
        signal,
        reset: dispatcher === alone,
        headers: { ...authorization, "accept-encoding": "identity", ...headers },
        ...options,
      });
      return { status: answer.statusCode, bytes: await readBytes(answer) };
    } catch (error) {
      if (error instanceof AnswerTooLargeError) throw error;
      const code = codeOf(error);
      throw new ForgeUnreachableError(code, !NOT_SENT.has(code));
    }
  }

  async function ask(method: "GET" | "POST", path: string, body: unknown): Promise<Heard> {
    const signal = quick();
    try {
      return await send(method, path, body, signal, kept);
    } catch (error) {
      const isLost = error instanceof ForgeUnreachableError && CONNECTION_LOST.has(error.code);
      if (!isLost) throw error;
      return send(method, path, body, signal);
    }
  }

  const read = ({ status, bytes }: { status: number; bytes: Uint8Array }): ForgeAnswer => ({
    status,
    body: parseJson(bytes),
  });
  const quick = () => AbortSignal.timeout(QUICK_TIMEOUT_MS);
  return {
    get: async (path) => read(await ask("GET", path, undefined)),
    post: async (path, body) =>
      read(
        await (QUESTIONS.has(path) ? ask("POST", path, body) : send("POST", path, body, quick())),
      ),
    async generate(path, body, signal) {
      const { status, bytes } = await send("POST", path, body, signal);
      return status === 200 ? { status, bytes } : read({ status, bytes });
    },
  };
}
