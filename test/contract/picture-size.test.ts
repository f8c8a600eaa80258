import { GenerationParams, type Hires, hiresSize, LIMITS, resultSize } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const EIGHTHS_MAX = LIMITS.sidePixelsMax / LIMITS.sidePixelsMultiple;
const side = fc.integer({ min: 8, max: EIGHTHS_MAX }).map((eighths) => eighths * 8);
const scale = fc.integer({ min: 100, max: 400 }).map((hundredths) => hundredths / 100);
const asked = fc.oneof(
  fc.constant({}),
  fc.record({ scale }),
  fc.record({ width: side }),
  fc.record({ height: side }),
  fc.record({ width: side, height: side }),
);

const hiresOf = (size: object): Hires => {
  const { hires } = GenerationParams.parse({
    positive_prompt: "",
    checkpoint_name: "m",
    hires: size,
  });
  if (!hires) throw new Error("no hires fix");
  return hires;
};

/** Python's whole division. */
const div = (a: number, b: number) => Math.floor(a / b);

/**
 * Forge's own way, line by line (processing.py `calculate_target_resolution` and what `sample_hr_pass` cuts
 * off): it scales past the size that was asked for, and takes the surplus off the latent.
 */
function sizeOfForge(
  w: number,
  h: number,
  { scale = 2, width: x = 0, height: y = 0 }: { scale?: number; width?: number; height?: number },
) {
  let [toX, toY, cutX, cutY] = [Math.trunc(w * scale), Math.trunc(h * scale), 0, 0];
  if (x !== 0 || y !== 0) {
    const isWide = y === 0 || (x !== 0 && w / h < x / y);
    [toX, toY] = isWide ? [x, div(x * h, w)] : [div(y * w, h), y];
    if (x !== 0 && y !== 0) [cutX, cutY] = [div(toX - x, 8), div(toY - y, 8)];
  }
  return { width: (div(toX, 8) - cutX) * 8, height: (div(toY, 8) - cutY) * 8 };
}

describe("the size of a hires fix", () => {
  it("is the one that Forge arrives at, whatever was asked for", () => {
    fc.assert(
      fc.property(side, side, asked, (width, height, size) => {
        const found = hiresSize({ width, height }, hiresOf(size));
        expect({ width: found.width, height: found.height }).toEqual(
          sizeOfForge(width, height, size),
        );
        expect((found.width % 8) + (found.height % 8)).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [{}, [1024, 1536], false],
    [{ scale: 1.5 }, [768, 1152], false],
    [{ scale: 1.1 }, [560, 840], true],
    [{ width: 768 }, [768, 1152], false],
    [{ height: 1000 }, [664, 1000], true],
    [{ width: 1024, height: 1024 }, [1024, 1024], false],
    [{ scale: 1 }, [512, 768], false],
  ])("of 512x768 with %j is %j, cut down: %s", (size, [width, height], isCut) => {
    expect(hiresSize({ width: 512, height: 768 }, hiresOf(size))).toEqual({ width, height, isCut });
  });
});

describe("the size of a result", () => {
  const picture = { upload_id: `upl_${"a".repeat(22)}` };
  const params = (changes: object) =>
    GenerationParams.parse({ positive_prompt: "", checkpoint_name: "m", height: 768, ...changes });
  const input = { width: 333, height: 222 };

  it("is the one asked for, or that of the second pass", () => {
    expect(resultSize(params({}), null)).toEqual({ width: 512, height: 768 });
    expect(resultSize(params({ hires: { scale: 2 } }), null)).toMatchObject({
      width: 1024,
      height: 1536,
    });
    const img2img = { init_image: picture };
    expect(resultSize(params({ img2img }), input)).toEqual({ width: 512, height: 768 });
  });

  it("is the input picture's own where only the masked part is painted anew", () => {
    const img2img = { init_image: picture, mask: picture, inpaint_full_res: true };
    expect(resultSize(params({ img2img }), input)).toEqual(input);
    const whole = { ...img2img, inpaint_full_res: false };
    expect(resultSize(params({ img2img: whole }), input)).toEqual({ width: 512, height: 768 });
    const { mask: _, ...unmasked } = img2img;
    expect(resultSize(params({ img2img: unmasked }), input)).toEqual({ width: 512, height: 768 });
  });
});
