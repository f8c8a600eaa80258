import sharp, { type Sharp } from "sharp";
import { type Answer, loadExchange } from "../recording.ts";
import { diffAnswers } from "./answer.ts";
import type { JsonObject } from "./difference.ts";

/** A recorded answer that a test may change. */
export type ChangeableAnswer = Answer & { body: JsonObject };

/** Compares a recording with a copy of it in which something was changed. */
export async function diffChanged(
  id: string,
  change: (answer: ChangeableAnswer) => unknown,
): Promise<string[]> {
  const { request, response } = loadExchange(id);
  const copy = structuredClone(response) as ChangeableAnswer;
  await change(copy);
  const rename = (text: string) => text;
  return diffAnswers(response, copy, { request, rename, hashes: "none", isPart: false });
}

/** Changes the `info` of a generation, which is a text in the answer. */
export function changeInfo(body: JsonObject, change: (info: JsonObject) => void): void {
  const info = JSON.parse(String(body.info));
  change(info);
  body.info = JSON.stringify(info);
}

/** Changes the first infotext of a generation. */
export function changeInfotext(body: JsonObject, change: (text: string) => string): void {
  changeInfo(body, (info) => {
    const [first = "", ...rest] = info.infotexts as string[];
    info.infotexts = [change(first), ...rest];
  });
}

/** Draws the first picture of a generation anew, without its text. */
export async function redraw(body: JsonObject, change: (picture: Sharp) => Sharp): Promise<void> {
  const [first = "", ...rest] = imagesOf(body);
  const bytes = await change(sharp(Buffer.from(first, "base64"))).toBuffer();
  body.images = [bytes.toString("base64"), ...rest];
}

/** The pictures of a generation, as base64. */
export function imagesOf(body: JsonObject): string[] {
  return body.images as string[];
}
