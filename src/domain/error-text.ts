/**
 * What a log may say of an error. A failed query's message ends in its parameters, which are prompts and
 * hashes: they stay out, and of the stack only its frames are kept.
 */
export function errorTextOf(error: unknown): { error: string; stack: string | null } {
  if (!(error instanceof Error)) return { error: typeof error, stack: null };
  const own = `${error.name}: ${error.message.split("\nparams:")[0]}`;
  const cause = error.cause instanceof Error ? ` (${errorTextOf(error.cause).error})` : "";
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return { error: own + cause, stack: frames?.join("\n") ?? null };
}
