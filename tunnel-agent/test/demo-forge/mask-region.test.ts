import { describe, expect, it } from "vitest";
import { clampRegion, expandRegion, findRegion } from "../../demo-forge/mask-region.ts";

/** A mask of 10 by 8 with one box of white. */
function createMask(left: number, top: number, width: number, height: number) {
  const data = Buffer.alloc(80);
  for (let y = top; y < top + height; y++) data.fill(255, y * 10 + left, y * 10 + left + width);
  return { data, width: 10, height: 8 };
}

describe("the part that is drawn of an only masked picture", () => {
  it("is the box round the mask with its padding, cut at the edges", () => {
    expect(findRegion(createMask(3, 2, 2, 3), 0)).toEqual({ left: 3, top: 2, width: 2, height: 3 });
    expect(findRegion(createMask(3, 2, 2, 3), 2)).toEqual({ left: 1, top: 0, width: 6, height: 7 });
    expect(findRegion(createMask(9, 7, 1, 1), 4)).toEqual({ left: 5, top: 3, width: 5, height: 5 });
  });

  it("is nothing for a blank mask", () => {
    expect(findRegion(createMask(0, 0, 0, 0), 3)).toBeNull();
  });

  it.each([
    // Too wide for a square: grows in height, from its middle.
    [
      { left: 20, top: 40, width: 40, height: 10 },
      64,
      64,
      { left: 20, top: 25, width: 40, height: 40 },
    ],
    // Too high: grows in width, pushed back in from the right edge.
    [
      { left: 90, top: 0, width: 10, height: 40 },
      64,
      64,
      { left: 60, top: 0, width: 40, height: 40 },
    ],
    // No room to grow to the shape that is drawn.
    [
      { left: 0, top: 40, width: 100, height: 10 },
      32,
      64,
      { left: 0, top: 0, width: 100, height: 100 },
    ],
  ])("grows from %j to the shape %ix%i", (region, width, height, expected) => {
    const image = { width: 100, height: 100 };
    expect(expandRegion(region, { width, height }, image)).toEqual(expected);
  });

  it("lies within the picture also when the mask is larger", () => {
    const region = { left: 90, top: 90, width: 40, height: 40 };
    expect(clampRegion(region, { width: 100, height: 80 })).toEqual({
      left: 90,
      top: 79,
      width: 10,
      height: 1,
    });
  });
});
