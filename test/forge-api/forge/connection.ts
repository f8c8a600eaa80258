import { Agent, request } from "undici";
import type { Answer, RecordedRequest } from "../recording.ts";

/** A way to ask one Forge. */
export interface ForgeConnection {
  readonly url: string;
  /** Sends a request as it was recorded, with the login where one was given. */
  send(asked: RecordedRequest, options?: SendOptions): Promise<Answer>;
  /** The JSON of a GET; throws when it is not 200. */
  read(path: string): Promise<unknown>;
  /** The JSON of a POST; throws when it is not 200. */
  ask(path: string, body: unknown): Promise<unknown>;
  /** Resolves when no request is under way any more. */
  settled(): Promise<void>;
}

/** What one request may do differently. */
export interface SendOptions {
  /** In place of the login of this connection; null sends none. */
  authorization?: string | null;
  /** Takes the connection away from the server. */
  signal?: AbortSignal;
}

/** Forge gave no whole answer, so that nothing more can be asked. */
export class ForgeGone extends Error {
  override readonly name = "ForgeGone";
}

const NO_LIMIT = { headersTimeout: 0, bodyTimeout: 0 };

/**
 * Opens a way to a Forge. `login` is `user:password` or null. Sends nothing yet. Everything that is sent
 * later rejects with `ForgeGone` when there is no answer.
 */
export function connectForge(url: string, login: string | null): ForgeConnection {
  const dispatcher = new Agent(NO_LIMIT);
  const ownLogin = login === null ? null : createBasic(login);
  const open = new Set<Promise<unknown>>();

  async function exchange(asked: RecordedRequest, options: SendOptions): Promise<Answer> {
    const { authorization = ownLogin, signal } = options;
    const body = writeBody(asked);
    const answer = await request(url + asked.path, {
      dispatcher,
      method: asked.method as "GET",
      // Forge drops idle connections, and a POST on such a one fails (forge-reference 8.1).
      reset: true,
      headers: createHeaders(asked, body !== null, authorization),
      ...(body === null ? {} : { body }),
      ...(signal ? { signal } : {}),
    });
    const text = await answer.body.text();
    const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
    return { status: answer.statusCode, headers: Object.fromEntries(headers), body: parse(text) };
  }

  async function send(asked: RecordedRequest, options: SendOptions = {}): Promise<Answer> {
    const answer = exchange(asked, options);
    const noted = answer.catch(() => undefined);
    open.add(noted);
    try {
      return await answer;
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ForgeGone(`Forge does not answer (${asked.path}: ${why})`, { cause });
    } finally {
      open.delete(noted);
    }
  }

  async function demand(asked: RecordedRequest): Promise<unknown> {
    const { status, body } = await send(asked);
    if (status === 200) return body;
    throw new Error(
      `${asked.method} ${asked.path}: ${status} ${JSON.stringify(body).slice(0, 300)}`,
    );
  }

  return {
    url,
    send,
    read: (path) => demand({ method: "GET", path }),
    ask: (path, body) => demand({ method: "POST", path, body }),
    settled: async () => {
      await Promise.all(open);
    },
  };
}

/** The header of an HTTP Basic login. */
export function createBasic(login: string): string {
  return `Basic ${Buffer.from(login).toString("base64")}`;
}

function createHeaders(
  { headers = {} }: RecordedRequest,
  hasBody: boolean,
  authorization: string | null,
): Record<string, string> {
  const all: Record<string, string | null> = {
    ...(hasBody ? { "content-type": "application/json" } : {}),
    ...(authorization === null ? {} : { authorization }),
  };
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  const kept = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(kept);
}

/** A text that the recorder sent as bytes stands in the recording as Python shows bytes. */
const PYTHON_BYTES = /^b'(.*)'$/s;

function writeBody({ body, body_text }: RecordedRequest): string | Buffer | null {
  if (body_text === undefined)
    return body === undefined || body === null ? null : JSON.stringify(body);
  const bytes = PYTHON_BYTES.exec(body_text)?.[1];
  if (bytes === undefined) return body_text;
  const text = bytes.replace(/\\x([0-9a-f]{2})/g, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(text, "latin1");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
