import { HEADERS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { until } from "../../../../test/support/box/until.ts";
import type { ResultImage } from "../../../src/job/after/read-result.ts";
import { deliver } from "../../../src/job/run/deliver.ts";
import { type Heard, LEASE, problem, startQueueServer } from "./queue-server.ts";

const bytesOf = (text: string) => Buffer.from(text);
const image = (index: number): ResultImage => ({
  index,
  bytes: bytesOf(`picture ${index}`),
  sha256: `${index}`.repeat(64),
  mime: "image/png",
  width: 512,
  height: 768,
  seed: 7,
  infotext: "a red cube",
  preview: { bytes: bytesOf(`preview ${index}`), sha256: `${index + 3}`.repeat(64) },
});

const TIMING = { generationMs: 1_200, modelLoadMs: 300 };
const stored = { status: 201, json: { index: 1, bytes: 1, sha256: "x" } };
const completed = { status: 200, json: { status: "completed", status_reason: null } };

const isComplete = ({ path }: Heard) => path.endsWith("/complete");
const shortOf = ({ method, path }: Heard) => `${method} ${path.split("/").slice(6).join("/")}`;

/** Delivers three pictures to a queue that answers so, and tells in which order things happened. */
async function startDelivery(answer: Parameters<typeof startQueueServer>[0]) {
  const { cloud, heard } = await startQueueServer(answer);
  const counts: string[] = [];
  const stop = new AbortController();
  const delivery = deliver(
    {
      cloud,
      onStored: (done, total) => void counts.push(`${done}/${total}`),
    },
    LEASE,
    { images: [image(1), image(2), image(3)], warnings: [] },
    TIMING,
    { stop: stop.signal, hurry: stop.signal },
  );
  return { delivery, heard, counts, stop };
}

const usual = (heard: Heard) => (isComplete(heard) ? completed : stored);

describe("the pictures of a job", () => {
  it("are stored, each after its preview, before the job is said to be complete", async () => {
    const { delivery, heard, counts } = await startDelivery(usual);
    await delivery;
    const order = heard.map(shortOf);
    for (const index of [1, 2, 3]) {
      const [preview, whole] = [`PUT previews/${index}`, `PUT images/${index}`];
      expect(order.indexOf(preview)).toBeGreaterThanOrEqual(0);
      expect(order.indexOf(whole)).toBeGreaterThan(order.indexOf(preview));
    }
    expect(order).toHaveLength(7);
    expect(order.at(-1)).toBe("POST complete");
    expect(counts).toEqual(["0/3", "1/3", "2/3", "3/3"]);
    expect(heard.find(({ path }) => path.endsWith("images/2"))).toMatchObject({
      body: bytesOf("picture 2"),
      headers: {
        "content-type": "image/png",
        [HEADERS.sha256.toLowerCase()]: "2".repeat(64),
        [HEADERS.epoch.toLowerCase()]: "3",
        [HEADERS.leaseToken.toLowerCase()]: "mlt_1",
      },
    });
  });

  it("are announced with what is known of them, and nothing that only the agent needs", async () => {
    const { delivery, heard } = await startDelivery(usual);
    await delivery;
    const body = JSON.parse(heard.at(-1)?.body.toString() ?? "");
    expect(body).toMatchObject({ generation_ms: 1_200, model_load_ms: 300, epoch: 3 });
    expect(body.images[0]).toEqual({
      index: 1,
      bytes: 9,
      sha256: "1".repeat(64),
      mime: "image/png",
      width: 512,
      height: 768,
      seed: 7,
      infotext: "a red cube",
      preview: { bytes: 9, sha256: "4".repeat(64) },
    });
  });

  it("are on their way two at a time, and no more", async () => {
    const waiting: (() => void)[] = [];
    const { delivery, heard } = await startDelivery((one, response) => {
      if (!one.path.includes("/images/")) return usual(one);
      waiting.push(() => response.writeHead(201).end(JSON.stringify(stored.json)));
      return null;
    });
    await until("two are on their way", () => waiting.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard.some(({ path }) => path.endsWith("/3"))).toBe(false);
    for (let sent = 0; sent < 3; sent++) (await until("the next", () => waiting.shift()))();
    await delivery;
    expect(heard).toHaveLength(7);
  });

  it("are on their way two at a time over all jobs that are delivered, and hold up nothing else", async () => {
    const waiting: (() => void)[] = [];
    const { cloud } = await startQueueServer((one, response) => {
      if (!one.path.includes("/images/")) return usual(one);
      waiting.push(() => response.writeHead(201).end(JSON.stringify(stored.json)));
      return null;
    });
    const stop = new AbortController();
    const never = new AbortController().signal;
    const deliverOne = (signal: AbortSignal) =>
      deliver(
        { cloud, onStored: () => {} },
        LEASE,
        { images: [image(1), image(2)], warnings: [] },
        TIMING,
        { stop: signal, hurry: never },
      );
    const deliveries = [deliverOne(never), deliverOne(never)];
    const unwanted = deliverOne(stop.signal);
    const last = expect(unwanted).rejects.toThrow("unwanted");
    await until("two are on their way", () => waiting.length === 2);
    const other = cloud.once("getOwnServer", {});
    await expect(other, "is answered at once").rejects.toThrow("an answer of another shape");
    expect(waiting).toHaveLength(2);
    stop.abort(new Error("unwanted"));
    await last;
    for (let sent = 0; sent < 4; sent++) (await until("the next", () => waiting.shift()))();
    await Promise.all(deliveries);
    expect(waiting).toHaveLength(0);
  });

  it("are handed over once more when the queue does not find one of them", async () => {
    let asked = 0;
    const { delivery, heard } = await startDelivery((one) => {
      if (!isComplete(one)) return stored;
      asked += 1;
      return asked === 1 ? problem(409, "image_missing") : completed;
    });
    await delivery;
    expect(heard).toHaveLength(14);
  });

  it("are not handed over any more when the queue refuses one for good", async () => {
    const { delivery, heard } = await startDelivery((one) =>
      one.path.endsWith("previews/1") ? problem(409, "lease_lost") : usual(one),
    );
    await expect(delivery).rejects.toMatchObject({ name: "ProblemError" });
    expect(heard.some(({ path }) => path.endsWith("/3"))).toBe(false);
    expect(heard.some(isComplete)).toBe(false);
  });
});
