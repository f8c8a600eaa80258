import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { createImageThread, type ImageThread } from "../../src/images/image-thread.ts";
import type { LivePicture } from "../../src/images/live-picture.ts";
import type { Asked } from "../../src/job/after/asked.ts";
import { readResult } from "../../src/job/after/read-result.ts";
import { Picture } from "../../src/picture.ts";
import {
  answerBytes,
  answerOf,
  askedOf,
  failureOf,
  imagesOf,
  infotextOf,
  readBody,
  redCube,
  requestOf,
} from "../job/after/made-answers.ts";
import { recorded } from "../job/after/recorded.ts";
import { keptLog } from "../live/kept-log.ts";

function startThread(): { thread: ImageThread; lines: readonly string[] } {
  const log = keptLog();
  const thread = createImageThread(log);
  onTestFinished(() => thread.close());
  return { thread, lines: log.lines };
}

const bytesOf = (body: unknown) => new Uint8Array(answerBytes(body));

/** An answer with one whole picture, and what it is held against. */
async function redCubeAnswer() {
  const params = redCube();
  const body = await answerOf(params, { texts: [infotextOf(params)] });
  return { asked: askedOf(params), body, answer: bytesOf(body) };
}

describe("what the thread for pictures finds", () => {
  it.each([
    ["one picture", "generate/steps_1", {}],
    ["four pictures", "generate/n_iter2_batch2", { n_iter: 2, batch_size: 2 }],
    ["a prompt beyond Latin-1", "generate/prompt_unicode", {}],
    ["fewer pictures than were asked for", "generate/steps_1", { n_iter: 2 }],
    ["another seed", "generate/steps_1", { seed: 2 }],
    ["a refusal in place of an answer", "generate/sampler_unknown", {}],
  ])("in a recorded answer with %s is what is found without it", async (_what, name, fields) => {
    const { thread } = startThread();
    const { sent, body } = recorded(name);
    const request = requestOf(sent as Record<string, unknown> | undefined);
    const asked = askedOf(redCube(fields), { request });
    const found = await thread.judge(asked, bytesOf(body));
    expect(found).toEqual(await readBody(body, asked));
    if (found.ok) for (const { bytes } of found.images) expect(Buffer.isBuffer(bytes)).toBe(true);
  });

  it("takes no input picture along, and leaves no answer behind", async () => {
    const { thread } = startThread();
    const { asked, answer } = await redCubeAnswer();
    const large = new Picture(new Uint8Array(50_000_000));
    const body = { init_images: [large], alwayson_scripts: { a: { args: [{ image: large }, 1] } } };
    const request: Asked["request"] = { body, overrides: {} };
    const before = process.memoryUsage().external;
    const judging = thread.judge({ ...asked, request }, answer);
    expect(process.memoryUsage().external - before).toBeLessThan(10_000_000);
    expect(answer.byteLength).toBe(0);
    expect(imagesOf(await judging)).toHaveLength(1);
    expect(large.bytes).toHaveLength(50_000_000);
  });

  it("of finished pictures is shown for the socket before its answer, and is in that, too", async () => {
    const { thread } = startThread();
    const { sent, body } = recorded("generate/n_iter2_batch2");
    const request = requestOf(sent as Record<string, unknown> | undefined);
    const asked = askedOf(redCube({ n_iter: 2, batch_size: 2 }), { request });
    const shown: [number, LivePicture][] = [];
    let isAnswered = false;
    const judging = thread.judge(asked, bytesOf(body), (index, picture) => {
      expect(isAnswered).toBe(false);
      expect(Buffer.isBuffer(picture.webp)).toBe(true);
      shown.push([index, picture]);
    });
    const images = imagesOf(
      await judging.finally(() => {
        isAnswered = true;
      }),
    );
    const indexes = shown.map(([index]) => index).sort();
    expect(indexes).toEqual(images.map(({ index }) => index));
  });

  it("of a growing picture is one for the socket; of anything else, nothing", async () => {
    const { thread } = startThread();
    const png = await sharp({ create: { width: 800, height: 400, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const small = await thread.shrink(`data:image/png;base64,${png.toString("base64")}`);
    expect(small).toMatchObject({ width: 384, height: 192 });
    expect(await sharp(small?.webp).metadata()).toMatchObject({ format: "webp", width: 384 });
    expect(await thread.shrink("data:image/png;base64,QUJD")).toBe(null);
    expect(await thread.shrink("nothing")).toBe(null);
  });
});

describe("a thread that breaks down", () => {
  it("fails the job that it was about, with words, and no other that waits for it", async () => {
    const { thread, lines } = startThread();
    const { asked, body, answer } = await redCubeAnswer();
    const broken = { ...asked, params: null } as unknown as Asked;
    const [first, second, third] = await Promise.all([
      thread.judge(broken, answer),
      thread.judge(asked, bytesOf(body)),
      thread.judge(asked, bytesOf(body)),
    ]);
    expect(failureOf(first)).toMatchObject({ kind: "infra", reason: "incomplete_result" });
    expect(failureOf(first)?.message).toBe(
      "The agent's reader of pictures broke down over what Forge gave.",
    );
    for (const whole of [second, third]) expect(imagesOf(whole)).toHaveLength(1);
    expect(lines.filter((line) => line.includes("broke down; starting another"))).toHaveLength(1);
  });

  it("makes the next growing picture small again", async () => {
    const { thread } = startThread();
    const { asked, answer } = await redCubeAnswer();
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const uri = `data:image/png;base64,${png.toString("base64")}`;
    const broken = { ...asked, params: null } as unknown as Asked;
    await Promise.all([thread.judge(broken, answer), thread.shrink(uri)]);
    expect(await thread.shrink(uri)).toMatchObject({ width: 8, height: 8 });
  });

  it("that was closed is answered for, too, and comes back when it is needed", async () => {
    const { thread } = startThread();
    const { asked, body, answer } = await redCubeAnswer();
    const judging = thread.judge(asked, answer);
    await thread.close();
    expect(failureOf(await judging)).toMatchObject({ kind: "infra" });
    expect(imagesOf(await thread.judge(asked, bytesOf(body)))).toHaveLength(1);
  });
});

/** A PNG of noise with the infotext of a job, as large as one can be. */
async function largeAnswer(side: number) {
  const params = redCube({ width: side, height: side });
  const size = { width: side, height: side };
  const black = await answerOf(params, { texts: [infotextOf(params)], size });
  const [blackPng = ""] = (black as { images: string[] }).images;
  const raw = { width: side, height: side, channels: 3 } as const;
  const noise = await sharp(randomBytes(side * side * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const picture = Buffer.from(blackPng, "base64");
  const textAt = picture.indexOf("tEXt") - 4;
  const text = picture.subarray(textAt, textAt + 12 + picture.readUInt32BE(textAt));
  const pixelsAt = noise.indexOf("IDAT") - 4;
  const png = Buffer.concat([noise.subarray(0, pixelsAt), text, noise.subarray(pixelsAt)]);
  const body = { ...(black as object), images: [png.toString("base64")] };
  return { asked: askedOf(params), answer: bytesOf(body), bytes: png.length };
}

/** What the loop of this thread computed itself until `work` was done, in milliseconds. */
async function ownWork(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

it("the loop that keeps leases does next to nothing while a picture of 4096x4096 is read", async () => {
  const { thread } = startThread();
  const { asked, answer, bytes } = await largeAnswer(4096);
  expect(bytes).toBeGreaterThan(50_000_000);
  const without = await ownWork(() => readResult(answer, asked));
  let count = 0;
  const withThread = await ownWork(async () => {
    count = imagesOf(await thread.judge(asked, answer)).length;
  });
  expect(count).toBe(1);
  expect(withThread).toBeLessThan(without / 5);
});
