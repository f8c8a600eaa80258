import type * as z from "zod";
import { ERRORS, type ErrorCode, Problem } from "./errors.ts";
import type { Route } from "./route.ts";
import { type RouteName, ROUTES } from "./routes.ts";

/** One HTTP request as a transport sends it. `body` is what `fetch` takes, left to the transport's types. */
export interface ClientRequest {
  readonly route: RouteName;
  readonly method: Route["method"];
  /** Path and query, to be put behind the queue's address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What ends the request early: an `AbortSignal`, left to the transport's types. */
  readonly signal?: unknown;
}

/** What a transport brings back. It throws only when there was no answer at all. */
export interface ClientResponse {
  readonly status: number;
  header(name: string): string | null;
  json(): Promise<unknown>;
}

export type Send<R extends ClientResponse> = (request: ClientRequest) => Promise<R>;

/** The queue answered with an error; `problem` is its body, `retryAfterMs` its advice. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  readonly retryAfterMs: number | null;

  constructor(problem: Problem, retryAfterMs: number | null) {
    super(problem.error);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  is(code: ErrorCode): boolean {
    return this.problem.code === code;
  }
}

/** Something answered that is not the queue, or not in its language: a proxy's page, a cut body. Ask again. */
export class NotOurAnswerError extends Error {
  override readonly name = "NotOurAnswerError";
}

type Table = typeof ROUTES;
/** A column of the table for one route; undefined where the route has none. */
type Field<N extends RouteName, F extends string> =
  Table[N] extends Record<F, infer T> ? T : undefined;
type Input<N extends RouteName, F extends "params" | "query"> =
  Field<N, F> extends z.ZodType ? { [K in F]: z.input<Field<N, F>> } : unknown;
type BodyInput<N extends RouteName> =
  Field<N, "body"> extends z.ZodType
    ? { body: z.input<Field<N, "body">> }
    : Field<N, "body"> extends "bytes"
      ? { bytes: unknown }
      : unknown;

/** What a call of a route needs: its path parameters, its query, its JSON body or its bytes. */
export type CallInput<N extends RouteName> = Input<N, "params"> &
  Input<N, "query"> &
  BodyInput<N> & { headers?: Readonly<Record<string, string>> };

/** What a route answers: its JSON parsed, or the transport's own response for what is none. */
export type CallOutput<N extends RouteName, R> =
  Field<N, "response"> extends z.ZodType
    ? z.output<Field<N, "response">>
    : Field<N, "response"> extends string
      ? R
      : undefined;

interface LooseInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  bytes?: unknown;
  headers?: Readonly<Record<string, string>>;
}

function buildPath(route: Route, input: LooseInput): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name])),
  );
  const pairs = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return path;
  const encoded = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `${path}?${encoded.join("&")}`;
}

async function readProblem(response: ClientResponse): Promise<Error> {
  const parsed = Problem.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    return new NotOurAnswerError(
      `An answer with status ${response.status} that is not the queue's`,
    );
  }
  const seconds = Number(response.header("retry-after") ?? Number.NaN);
  return new ProblemError(parsed.data, Number.isFinite(seconds) ? seconds * 1000 : null);
}

/**
 * A typed client over any transport: the agent brings one with timeouts and retries, a page its `fetch`.
 * Throws `ProblemError` for an error of the queue, `NotOurAnswerError` for an answer that is none, and
 * whatever `send` throws when there was no answer.
 */
export function createClient<R extends ClientResponse>(send: Send<R>) {
  return {
    async call<N extends RouteName>(
      name: N,
      input: CallInput<N>,
      signal?: unknown,
    ): Promise<CallOutput<N, R>> {
      const route: Route = ROUTES[name];
      const loose = input as LooseInput;
      const isJson = loose.body !== undefined;
      const response = await send({
        route: name,
        method: route.method,
        path: buildPath(route, loose),
        headers: { ...(isJson ? { "Content-Type": "application/json" } : {}), ...loose.headers },
        ...(isJson ? { body: JSON.stringify(loose.body) } : {}),
        ...(loose.bytes === undefined ? {} : { body: loose.bytes }),
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.status >= 400) throw await readProblem(response);
      if (typeof route.response === "string") return response as CallOutput<N, R>;
      if (route.response === undefined) return undefined as CallOutput<N, R>;
      const parsed = route.response.safeParse(await response.json().catch(() => undefined));
      if (!parsed.success) {
        throw new NotOurAnswerError(`${route.method} ${route.path}: an answer of another shape`);
      }
      return parsed.data as CallOutput<N, R>;
    },
  };
}

export type Client<R extends ClientResponse> = ReturnType<typeof createClient<R>>;

/** Whether trying the same request again can help: what a retrying transport asks. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof ProblemError) {
    const known = ERRORS[error.problem.code as ErrorCode];
    return known === undefined ? error.problem.retryable : known.retry === "later";
  }
  return true;
}
