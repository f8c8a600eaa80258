import * as z from "zod";

/** What Forge says of an error. */
export interface ForgeWords {
  /** Python's name of the exception; empty where Forge gives none. */
  readonly type: string;
  readonly message: string;
}

const ErrorBody = z.object({
  error: z.string().optional(),
  detail: z.unknown().optional(),
  message: z.string().optional(),
  errors: z.unknown().optional(),
});

const ValidationBody = z.object({
  detail: z
    .array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() }))
    .min(1),
});

/**
 * Reads the words out of any of Forge's bodies of an error: one key, Forge's four and the older WebUIs' four
 * (forge-reference 1.13). `body` is never told: it may hold all command line flags.
 */
export function wordsOf(body: unknown): ForgeWords {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success) return { type: "", message: "" };
  const { error = "", detail, message, errors } = parsed.data;
  const said = [message, errors, detail].find((word) => typeof word === "string" && word !== "");
  return { type: error, message: typeof said === "string" ? said : "" };
}

/** Type and message in one, as a traceback ends. */
export function inOneLine({ type, message }: ForgeWords): string {
  return [type, message].filter((word) => word !== "").join(": ");
}

/**
 * What a refused request got wrong, by place and rule; null where the answer is of another kind. The value
 * that Forge repeats beside it, a whole picture if that was it, is left out.
 */
export function refusedPlace(body: unknown): string | null {
  const parsed = ValidationBody.safeParse(body);
  const [first] = parsed.success ? parsed.data.detail : [];
  if (!first) return null;
  const place = first.loc.slice(1).join(".");
  return place === "" ? first.msg : `${place}: ${first.msg}`;
}
