import type { Forge } from "../forge.ts";

/** What a request carries, its body already checked. */
export interface Call<Body> {
  body: Body;
  query: (name: string) => string | undefined;
}

/** One route of the API. */
export interface Route {
  method: "GET" | "POST";
  path: string;
  /** Exists only with `--api`, and asks for the login of `--api-auth`. */
  isCore: boolean;
  /** Comes a second after the others when a Forge starts. */
  isLate: boolean;
  /** Makes pictures: the faults of answers apply. */
  isGeneration: boolean;
  /** Checks the parsed JSON; null where no body is read. Throws HttpDetail 422. */
  checkBody: ((json: unknown) => unknown) | null;
  /** Name of the body's schema in openapi.json. */
  schema: string | null;
  /** The answer as a value, or as JSON that stands ready. */
  answer: (forge: Forge, call: Call<unknown>) => unknown;
}

/** An answer that is already JSON. */
export class JsonText {
  readonly text: string;
  /** Is told when the last byte was handed to the network. */
  readonly onSent: () => void;

  constructor(text: string, onSent: () => void) {
    this.text = text;
    this.onSent = onSent;
  }
}

type Flags = Partial<Pick<Route, "isCore" | "isLate" | "isGeneration" | "schema">>;

/** A route that reads no body. */
export function route(
  name: `${Route["method"]} /${string}`,
  answer: (forge: Forge, call: Call<unknown>) => unknown,
  flags: Flags = {},
): Route {
  const [method = "", path = ""] = name.split(" ");
  return {
    method: method === "POST" ? "POST" : "GET",
    path,
    isCore: path.startsWith("/sdapi/"),
    isLate: false,
    isGeneration: false,
    checkBody: null,
    schema: null,
    answer,
    ...flags,
  };
}

/** A POST route with a JSON body. */
export function routeWithBody<Body>(
  path: `/${string}`,
  checkBody: (json: unknown) => Body,
  answer: (forge: Forge, call: Call<Body>) => unknown,
  flags: Flags = {},
): Route {
  // The dispatcher hands on exactly what checkBody made of the body.
  const answerChecked = answer as Route["answer"];
  return { ...route(`POST ${path}`, answerChecked, flags), checkBody };
}
