import { createHash } from "node:crypto";
import { type ImageMime, LIMITS } from "@mobilesd/contract";
import { type LivePicture, shrinkPixels } from "../../images/live-picture.ts";
import { openPixels } from "../../images/pixels.ts";
import { mapLimited } from "../../map-limited.ts";
import { type Failure, failure } from "../failure/failure.ts";
import type { FoundResult } from "./find-results.ts";
import { readInfotext, seedOf } from "./infotext.ts";
import { decodeSmall, mimeOf, type OpenPicture } from "./open-picture.ts";
import { isUnharmedPng } from "./unharmed-png.ts";

/** A WebP beside the picture itself. */
export interface Preview {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** One picture as Forge gave it, and what is known of it. */
export interface ResultImage {
  /** Counts from 1. */
  readonly index: number;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mime: ImageMime;
  readonly width: number;
  readonly height: number;
  readonly seed: number | null;
  readonly infotext: string | null;
  /** A WebP whose longer side is at most `previewSidePixels`. */
  readonly preview: Preview;
}

/** Hears of a finished picture, by its number from 1 on, once nothing is known that could still fail its job. */
export type Show = (index: number, picture: LivePicture) => void;

/** Pictures that are decoded at once: Forge wants the box's other cores for the next job. */
const FINISHED_AT_ONCE = 2;

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An infotext that is too long to be stored stays in its picture alone. */
const storable = (infotext: string | null) =>
  infotext !== null && infotext.length <= LIMITS.infotextStoredCharsMax ? infotext : null;

/** What a picture is called on the wire; a failure where the queue cannot store it. */
function mimeToStore(picture: OpenPicture, index: number): ImageMime | Failure {
  const mime = mimeOf(picture);
  if (!mime) {
    const message = `The queue cannot store ${picture.format} pictures.`;
    return failure("user", "unsupported_format", message, {
      ownerMessage: 'Set "File format for images" in Forge\'s settings to png, jpg or webp.',
    });
  }
  const { length } = picture.bytes;
  if (length <= LIMITS.imageBytesMax) return mime;
  const megabytes = Math.ceil(length / 1_000_000);
  const message = `Picture ${index} is too large to be stored: ${megabytes} MB. Choose a smaller size.`;
  return failure("user", "incomplete_result", message);
}

/**
 * Shows pictures as soon as it is honest: a job with a damaged picture is a failure, and shows none as finished.
 * So each goes at once where all the others are known to be unharmed, and else with the last one.
 */
function createShowing(pictures: readonly OpenPicture[], show: Show) {
  const isCertain =
    pictures.length === 1 || pictures.every((picture) => isUnharmedPng(picture.bytes));
  const held: Parameters<Show>[] = [];
  let isDamaged = false;
  let decoded = 0;
  return {
    decoded(index: number, live: LivePicture | null) {
      decoded += 1;
      if (live) held.push([index, live]);
      if (isDamaged || !(isCertain || decoded === pictures.length)) return;
      for (const shown of held.splice(0)) show(...shown);
    },
    damaged() {
      isDamaged = true;
    },
  };
}

/** The preview of each picture, in order, all from one look at it; null for one that is damaged. */
function decodeAll(pictures: readonly OpenPicture[], show: Show): Promise<(Buffer | null)[]> {
  const showing = createShowing(pictures, show);
  return mapLimited(pictures, FINISHED_AT_ONCE, async (picture, at) => {
    const pixels = await decodeSmall(picture);
    if (!pixels) {
      showing.damaged();
      return null;
    }
    showing.decoded(at + 1, await shrinkPixels(pixels));
    return openPixels(pixels).webp().toBuffer();
  });
}

/**
 * Makes results ready to be handed over; a failure where one of them cannot be stored or is damaged. What takes
 * time and tells a watcher nothing, as hashing does, comes after all of them were shown.
 */
export async function finishResults(
  results: readonly FoundResult[],
  show: Show,
): Promise<readonly ResultImage[] | Failure> {
  const mimes: ImageMime[] = [];
  for (const [at, { picture }] of results.entries()) {
    const mime = mimeToStore(picture, at + 1);
    if (typeof mime !== "string") return mime;
    mimes.push(mime);
  }
  const previews = await decodeAll(
    results.map(({ picture }) => picture),
    show,
  );
  const images: ResultImage[] = [];
  for (const [at, { picture, infotext }] of results.entries()) {
    const [index, webp, mime] = [at + 1, previews[at], mimes[at]];
    if (!webp || !mime) {
      return failure("infra", "incomplete_result", `Picture ${index} came damaged from Forge.`);
    }
    const { bytes, width, height } = picture;
    const seed = infotext === null ? null : seedOf(readInfotext(infotext));
    const facts = { mime, width, height, seed, infotext: storable(infotext) };
    const preview = { bytes: webp, sha256: sha256Of(webp) };
    images.push({ index, bytes, sha256: sha256Of(bytes), preview, ...facts });
  }
  return images;
}
