import {
  type CallInput,
  type CallOutput,
  type ClientRequest,
  type ClientResponse,
  createClient,
  HEADERS,
  isWorthRetrying,
  NotOurAnswerError,
  ProblemError,
  type RouteName,
  WIRE_VERSION,
} from "@mobilesd/contract";
import pRetry from "p-retry";
import { Agent, request } from "undici";
import { backoffMs } from "../backoff.ts";
import { pause } from "../pause.ts";
import { createTurns } from "../turns.ts";

/** Milliseconds without a byte of answer. A proxy that swallows a request must not hold a run for long. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Bytes a second below which an upload counts as stuck: the slowest line that is still a line. */
const UPLOAD_RATE_MIN = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Uploads on their way at once, of all jobs: one fills a slow line, the other the wait for its answers. */
export const UPLOADS_AT_ONCE = 2;
/** What counts as one of them: everything else is small, and must not wait behind them. */
const UPLOADS: ReadonlySet<RouteName> = new Set<RouteName>(["putPreview", "putImage"]);

/** An answer of the queue whose body can be read once. */
export interface CloudResponse extends ClientResponse {
  bytes(): Promise<Buffer>;
}

/** The queue gave no answer: the network, a proxy, or a Worker that is down. */
class QueueUnreachableError extends Error {
  override readonly name = "QueueUnreachableError";

  constructor(code: string) {
    super(`The queue gave no answer (${code})`);
  }
}

/** Whether asking again can help. Anything that is not the queue's or the network's doing is a defect. */
export function isPassing(error: unknown): boolean {
  const isOutside =
    error instanceof QueueUnreachableError ||
    error instanceof NotOurAnswerError ||
    error instanceof ProblemError;
  return isOutside && isWorthRetrying(error);
}

/** The queue, as the agent sees it. */
export interface Cloud {
  /**
   * One try, of `limitMs` at most where that is given. Throws `ProblemError`, `NotOurAnswerError` and
   * `QueueUnreachableError`.
   */
  once<N extends RouteName>(
    name: N,
    input: CallInput<N>,
    limitMs?: number,
  ): Promise<CallOutput<N, CloudResponse>>;
  /**
   * Tries until there is an answer that another try cannot better. Every route so called is safe to
   * repeat. Uploads take turns. Throws `ProblemError` for a refusal, and the signal's reason when that ends it.
   */
  insist<N extends RouteName>(
    name: N,
    input: CallInput<N>,
    signal: AbortSignal,
  ): Promise<CallOutput<N, CloudResponse>>;
  /** The same for an input picture, until all of its bytes are here. */
  insistOnUpload(uploadId: string, signal: AbortSignal): Promise<Buffer>;
}

export interface CloudOptions {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  /** The session of the moment; sent with every request once there is one. */
  readonly sessionId: () => string | null;
  /** Uniform in [0, 1), for the spread of retries. */
  readonly random: () => number;
  /** Told of each try that failed, before the next. */
  readonly onRetry: (route: RouteName, error: Error) => void;
}

function headersOf(options: CloudOptions, call: ClientRequest): Record<string, string> {
  const sessionId = options.sessionId();
  return {
    "x-api-key": options.key,
    "x-api-secret": options.secret,
    [HEADERS.wire]: WIRE_VERSION,
    ...(sessionId === null ? {} : { [HEADERS.session]: sessionId }),
    "accept-encoding": "identity",
    ...call.headers,
  };
}

/** Codes that name a wrong call of ours; all others are the network's, TLS trouble among them. */
const OUR_DEFECT = /^(ERR_(?!SSL_|TLS_)|UND_ERR_INVALID_)/;

/** Whether a request took longer than its own limit. */
const isOutOfTime = (error: unknown) =>
  error instanceof DOMException && error.name === "TimeoutError";

/** Tells what the network did by its code; what is ours stays as it is. */
async function reaching<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isOutOfTime(error)) throw new QueueUnreachableError("ETIMEDOUT");
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code !== "string" || OUR_DEFECT.test(code)) throw error;
    throw new QueueUnreachableError(code);
  }
}

function createSend(options: CloudOptions) {
  const dispatcher = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS } });
  return async (call: ClientRequest): Promise<CloudResponse> => {
    const body = call.body as string | Buffer | undefined;
    const uploadMs = Math.ceil(((body?.length ?? 0) / UPLOAD_RATE_MIN) * 1_000);
    const answer = await reaching(
      request(options.url + call.path, {
        dispatcher,
        method: call.method,
        headers: headersOf(options, call),
        headersTimeout: ANSWER_TIMEOUT_MS + uploadMs,
        bodyTimeout: ANSWER_TIMEOUT_MS,
        ...(call.signal instanceof AbortSignal ? { signal: call.signal } : {}),
        ...(body === undefined ? {} : { body }),
      }),
    );
    if (answer.statusCode === 204) await answer.body.dump();
    return {
      status: answer.statusCode,
      header: (name) => answer.headers[name.toLowerCase()]?.toString() ?? null,
      json: () => answer.body.json(),
      bytes: async () => Buffer.from(await reaching(answer.body.arrayBuffer())),
    };
  };
}

/** The queue over HTTP, with timeouts, and with retries that obey its `Retry-After`. */
export function createCloud(options: CloudOptions): Cloud {
  const client = createClient(createSend(options));
  const uploading = createTurns(UPLOADS_AT_ONCE);

  function persist<T>(route: RouteName, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // A turn ends with its try: who waits for the next one holds up no other job's.
    const inTurn = () => (UPLOADS.has(route) ? uploading(work, signal) : work());
    return pRetry(inTurn, {
      signal,
      retries: Number.POSITIVE_INFINITY,
      // The library's own wait loses its jitter at the cap; ours is below.
      minTimeout: 0,
      shouldRetry: ({ error }) => isPassing(error),
      async onFailedAttempt({ error, attemptNumber }) {
        if (!isPassing(error)) return;
        options.onRetry(route, error);
        const advisedMs = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
        const waitMs = Math.max(advisedMs, backoffMs(attemptNumber, options.random()));
        await pause(waitMs, signal);
      },
    });
  }

  return {
    once: (name, input, limitMs) =>
      client.call(name, input, limitMs === undefined ? undefined : AbortSignal.timeout(limitMs)),
    insist: (name, input, signal) => persist(name, () => client.call(name, input, signal), signal),
    insistOnUpload: (id, signal) =>
      persist(
        "getAgentUpload",
        async () => (await client.call("getAgentUpload", { params: { id } }, signal)).bytes(),
        signal,
      ),
  };
}
