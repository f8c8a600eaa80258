import { Picture } from "../picture.ts";

/** A request's JSON, made while it is sent. */
export interface JsonBody {
  /** Bytes altogether, to the byte. */
  readonly length: number;
  /** The JSON piece by piece, from the start each time it is called. */
  chunks(): Iterable<Uint8Array>;
}

/** Bytes of a picture that become base64 at once: a multiple of 3, so that no piece but the last is padded. */
const PIECE_BYTES = 49_152;

function holdsPicture(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof Picture || Object.values(value).some(holdsPicture);
}

/** JSON as `JSON.stringify` writes it, in texts and pictures by turns. */
function* partsOf(value: unknown): Generator<string | Picture> {
  if (value instanceof Picture) {
    yield '"';
    yield value;
    yield '"';
  } else if (!holdsPicture(value)) {
    yield JSON.stringify(value);
  } else if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      yield at === 0 ? "[" : ",";
      yield* partsOf(one ?? null);
    }
    yield "]";
  } else {
    const entries = Object.entries(value as object).filter(([, one]) => one !== undefined);
    for (const [at, [key, one]] of entries.entries()) {
      yield `${at === 0 ? "{" : ","}${JSON.stringify(key)}:`;
      yield* partsOf(one);
    }
    yield "}";
  }
}

function joinTexts(parts: Iterable<string | Picture>): (Uint8Array | Picture)[] {
  const joined: (Uint8Array | Picture)[] = [];
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") {
      text += part;
    } else {
      joined.push(Buffer.from(text), part);
      text = "";
    }
  }
  return [...joined, Buffer.from(text)];
}

const base64Length = (bytes: number) => Math.ceil(bytes / 3) * 4;

function* base64Of({ bytes }: Picture): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const { length } = bytes.subarray(at, at + PIECE_BYTES);
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
    yield Buffer.from(piece.toString("base64"), "latin1");
  }
}

/**
 * The JSON of plain data in which pictures stand as `Picture`. They become base64 only piece by piece, while
 * they are sent: beside its own bytes no picture is ever in memory whole.
 */
export function jsonBody(value: unknown): JsonBody {
  const parts = joinTexts(partsOf(value));
  const lengths = parts.map((part) =>
    part instanceof Picture ? base64Length(part.bytes.length) : part.length,
  );
  return {
    length: lengths.reduce((sum, length) => sum + length, 0),
    *chunks() {
      for (const part of parts) {
        if (part instanceof Picture) yield* base64Of(part);
        else yield part;
      }
    },
  };
}
