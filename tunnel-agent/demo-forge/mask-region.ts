import type { Coverage } from "./picture/pixels.ts";

/** Part of a picture in whole pixels. */
export interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Size {
  width: number;
  height: number;
}

/** The box round everything that a mask covers, null for a blank mask (get_crop_region_v2). */
export function findRegion({ data, width, height }: Coverage, padding: number): Region | null {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const [index, value] of data.entries()) {
    if (value === 0) continue;
    const x = index % width;
    const y = Math.floor(index / width);
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  if (right === 0) return null;
  left = Math.max(0, left - padding);
  top = Math.max(0, top - padding);
  right = Math.min(width, right + padding);
  bottom = Math.min(height, bottom + padding);
  return { left, top, width: right - left, height: bottom - top };
}

/** Grows a box to the shape of the picture that is drawn into it, as far as there is room. */
export function expandRegion(region: Region, drawn: Size, image: Size): Region {
  const ratio = drawn.width / drawn.height;
  if (region.width / region.height > ratio) {
    const [top, height] = growSide(region.top, region.height, region.width / ratio, image.height);
    return { ...region, top, height };
  }
  const [left, width] = growSide(region.left, region.width, region.height * ratio, image.width);
  return { ...region, left, width };
}

/** The part of a region that lies within a picture, at least one pixel. */
export function clampRegion(region: Region, { width, height }: Size): Region {
  const left = Math.min(Math.max(0, region.left), width - 1);
  const top = Math.min(Math.max(0, region.top), height - 1);
  const right = Math.min(width, Math.max(left + 1, region.left + region.width));
  const bottom = Math.min(height, Math.max(top + 1, region.top + region.height));
  return { left, top, width: right - left, height: bottom - top };
}

function growSide(
  begin: number,
  length: number,
  wanted: number,
  room: number,
): [begin: number, length: number] {
  const more = Math.trunc(wanted - length);
  let first = begin - Math.floor(more / 2);
  let end = begin + length + more - Math.floor(more / 2);
  if (end >= room) {
    first -= end - room;
    end = room;
  }
  if (first < 0) {
    end = Math.min(room, end - first);
    first = 0;
  }
  return [first, end - first];
}
