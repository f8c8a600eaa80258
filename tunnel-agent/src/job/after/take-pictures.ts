const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const PADDING = 0x3d;
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

/** Characters of base64 that are decoded at once: a multiple of 4. */
const PIECE_CHARACTERS = 65_536;

/**
 * Decodes base64 piece by piece, into memory of its own: as one text it would take that much once more, and
 * stay for as long as the engine likes.
 */
function decodeBase64(bytes: Buffer, { from, to }: Span): Buffer {
  const padding = bytes[to - 1] !== PADDING ? 0 : bytes[to - 2] !== PADDING ? 1 : 2;
  const length = Math.max(0, Math.floor(((to - from) * 3) / 4) - padding);
  const decoded = Buffer.from(new ArrayBuffer(length));
  let written = 0;
  for (let at = from; at < to; at += PIECE_CHARACTERS) {
    const piece = bytes.toString("latin1", at, Math.min(to, at + PIECE_CHARACTERS));
    written += decoded.write(piece, written, "base64");
  }
  // With blanks or worse in it, the pieces do not fit together.
  return written === length ? decoded : Buffer.from(bytes.toString("latin1", from, to), "base64");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An answer to a generation, its pictures apart. */
export interface Taken {
  /** Undefined where the answer is no JSON. */
  readonly json: unknown;
  /** What stood in `images`, which is empty in `json` then; null where it is still there. */
  readonly pictures: readonly Buffer[] | null;
}

/**
 * Reads an answer's JSON with its pictures cut out before: in one text with a prompt beyond Latin-1 they would
 * take four times their size. Where they do not stand as Forge writes them they stay in it.
 */
export function takePictures(answer: Uint8Array): Taken {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const listAt = findImages(bytes);
  const list = listAt < 0 ? null : readTexts(bytes, listAt);
  if (list === null) return { json: parse(bytes.toString("utf8")), pictures: null };
  const json = parse(
    `${bytes.toString("utf8", 0, listAt)}[]${bytes.toString("utf8", list.end + 1)}`,
  );
  if (json === undefined) return { json, pictures: null };
  return { json, pictures: list.texts.map((text) => decodeBase64(bytes, text)) };
}
