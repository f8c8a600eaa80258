const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const [LIST_BEGIN, LIST_END] = [0x5b, 0x5d];
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** A part of the bytes, its end not counted in. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function skipBlanks(bytes: Buffer, at: number): number {
  let next = at;
  while (BLANKS.has(bytes[next] ?? 0)) next += 1;
  return next;
}

/** Where the text that begins with a quote at `at` has its closing one; -1 where it has none. */
function endOfText(bytes: Buffer, at: number): number {
  for (let end = bytes.indexOf(QUOTE, at + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

/** Where the value of the outermost object's `images` begins; -1 where there is none. */
function findImages(bytes: Buffer): number {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (OPENING.has(byte)) depth += 1;
    if (CLOSING.has(byte)) depth -= 1;
    if (byte !== QUOTE) continue;
    const end = endOfText(bytes, at);
    if (end < 0) return -1;
    const next = skipBlanks(bytes, end + 1);
    const isKey = depth === 1 && bytes[next] === COLON;
    if (isKey && bytes.toString("latin1", at + 1, end) === "images") {
      return skipBlanks(bytes, next + 1);
    }
    at = end;
  }
  return -1;
}

/** The texts of a list that holds nothing but texts without escapes, and where it ends; null where it is another. */
function readTexts(bytes: Buffer, listAt: number): { texts: Span[]; end: number } | null {
  if (bytes[listAt] !== LIST_BEGIN) return null;
  const texts: Span[] = [];
  let at = skipBlanks(bytes, listAt + 1);
  while (bytes[at] === QUOTE) {
    const text = { from: at + 1, to: endOfText(bytes, at) };
    if (text.to < 0 || bytes.subarray(text.from, text.to).includes(BACKSLASH)) return null;
    texts.push(text);
    const next = skipBlanks(bytes, text.to + 1);
    if (bytes[next] === LIST_END) return { texts, end: next };
    if (bytes[next] !== COMMA) return null;
    at = skipBlanks(bytes, next + 1);
  }
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * The JSON of an answer to a generation, undefined where it is none. Its pictures are cut out before it is read:
 * in one text with a prompt beyond Latin-1 they would take four times their size.
 */
export function readAnswerBody(answer: Uint8Array<ArrayBuffer>): unknown {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const listAt = findImages(bytes);
  const list = listAt < 0 ? null : readTexts(bytes, listAt);
  if (list === null) return parse(bytes.toString("utf8"));
  const before = bytes.toString("utf8", 0, listAt);
  const body = parse(`${before}[]${bytes.toString("utf8", list.end + 1)}`);
  if (body === undefined) return undefined;
  const images = list.texts.map(({ from, to }) => bytes.toString("latin1", from, to));
  return { ...(body as object), images };
}
