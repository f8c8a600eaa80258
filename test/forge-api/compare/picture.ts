import { createHash } from "node:crypto";
import sharp from "sharp";

/** What of a picture is compared: all but its pixels. */
export interface PictureFacts {
  kind: string;
  width: number;
  height: number;
  channels: number | null;
  /** `tEXt` or `iTXt` of a PNG, `EXIF` of the others, null without a text. */
  textIn: string | null;
  text: string | null;
}

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";
const PNG_CHUNKS_BEGIN = 8;
const USER_COMMENT = "UNICODE\0";

/** The mark with which the recorder ends a text that it cut. */
const CUT = /\[CUT: \d+ characters, sha256 \w+\]$/;

/** Whether a recorded picture was cut, so that only its begin is there. */
export function isCut(base64: string): boolean {
  return CUT.test(base64);
}

/** Reads kind, size, channels and text. Throws for what is no picture. */
export async function readPicture(base64: string): Promise<PictureFacts> {
  const bytes = Buffer.from(base64, "base64");
  const { format, width, height, channels, exif } = await sharp(bytes).metadata();
  const found = format === "png" ? readPngText(bytes) : readUserComment(exif);
  return { kind: format, width, height, channels, ...found };
}

/** Kind and size of a cut PNG, which stand in its first bytes. */
export function readCutPicture(base64: string): Pick<PictureFacts, "kind" | "width" | "height"> {
  const bytes = Buffer.from(base64.replace(CUT, ""), "base64");
  if (bytes.subarray(0, PNG_CHUNKS_BEGIN).toString("latin1") !== PNG_SIGNATURE) {
    throw new Error("A cut picture that is no PNG");
  }
  return { kind: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** The colours of a picture without its alpha; equal texts mean equal pictures. */
export async function hashPixels(base64: string): Promise<string> {
  const { data, info } = await readPixels(base64);
  return `${info.width}x${info.height} ${createHash("sha256").update(data).digest("hex")}`;
}

/** The colours of a picture, three bytes each. */
export function readPixels(base64: string) {
  const picture = sharp(Buffer.from(base64, "base64")).removeAlpha().toColourspace("srgb");
  return picture.raw().toBuffer({ resolveWithObject: true });
}

type Text = Pick<PictureFacts, "textIn" | "text">;

// sharp reads a tEXt chunk as UTF-8 although it is Latin-1, so the chunks are walked here.
function readPngText(bytes: Buffer): Text {
  for (let place = PNG_CHUNKS_BEGIN; place + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(place);
    const type = bytes.toString("latin1", place + 4, place + 8);
    const body = bytes.subarray(place + 8, place + 8 + length);
    if (type === "tEXt" && body.toString("latin1").startsWith("parameters\0")) {
      return { textIn: type, text: body.toString("latin1").slice("parameters\0".length) };
    }
    if (type === "iTXt" && body.toString("latin1").startsWith("parameters\0\0\0\0\0")) {
      return { textIn: type, text: body.toString("utf8").slice("parameters\0\0\0\0\0".length) };
    }
    place += length + 12;
  }
  return { textIn: null, text: null };
}

function readUserComment(exif: Buffer | undefined): Text {
  const begin = exif?.indexOf(USER_COMMENT, 0, "latin1") ?? -1;
  if (!exif || begin < 0) return { textIn: null, text: null };
  const value = Buffer.from(exif.subarray(begin + USER_COMMENT.length));
  const even = value.subarray(0, value.length - (value.length % 2));
  return { textIn: "EXIF", text: even.swap16().toString("utf16le").replace(/\0+$/, "") };
}
