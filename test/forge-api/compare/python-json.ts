const TOKEN = /"(?:\\.|[^"\\])*"|\b-?(?:NaN|Infinity)\b/g;

/** Reads JSON as Python writes it: a bare NaN becomes the text `(bare NaN)`. Throws for other text. */
export function parsePythonJson(text: string): unknown {
  return JSON.parse(
    text.replace(TOKEN, (token) => (token[0] === '"' ? token : `"(bare ${token})"`)),
  );
}
