/** Frames of RFC 6455, as far as a test's server needs them: whole texts and closes. */

const TEXT = 0x81;
const CLOSE = 0x88;
const CLOSE_OPCODE = 8;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

function frame(first: number, payload: Buffer): Buffer {
  if (payload.length < LENGTH_16) {
    return Buffer.concat([Buffer.from([first, payload.length]), payload]);
  }
  const head = Buffer.alloc(4);
  head.writeUInt8(first, 0);
  head.writeUInt8(LENGTH_16, 1);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

export const textFrame = (text: string) => frame(TEXT, Buffer.from(text));

export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(CLOSE, payload);
}

export interface Frame {
  readonly isClose: boolean;
  readonly text: string;
}

/** Takes whole frames, masked as a client's are, off the front of what has come. */
export function takeFrames(come: Buffer): { frames: Frame[]; rest: Buffer } {
  const frames: Frame[] = [];
  let rest = come;
  for (;;) {
    const one = takeFrame(rest);
    if (one === null) return { frames, rest };
    frames.push(one.frame);
    rest = rest.subarray(one.bytes);
  }
}

function takeFrame(come: Buffer): { frame: Frame; bytes: number } | null {
  if (come.length < 2) return null;
  const short = come.readUInt8(1) & 0x7f;
  const maskAt = short === LENGTH_64 ? 10 : short === LENGTH_16 ? 4 : 2;
  if (come.length < maskAt + 4) return null;
  const length =
    short === LENGTH_64
      ? Number(come.readBigUInt64BE(2))
      : short === LENGTH_16
        ? come.readUInt16BE(2)
        : short;
  const end = maskAt + 4 + length;
  if (come.length < end) return null;
  const mask = come.subarray(maskAt, maskAt + 4);
  const payload = come.subarray(maskAt + 4, end).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  const isClose = (come.readUInt8(0) & 0x0f) === CLOSE_OPCODE;
  return { frame: { isClose, text: Buffer.from(payload).toString("utf8") }, bytes: end };
}
