import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { PayloadCost, PayloadWay } from "./payload/measure.ts";
import { interleave, median, ratioOf, showRatio } from "./ratio.ts";
import { atMost, type Measure } from "./report.ts";

/** One base64 of the pictures, which Forge wants in any case; a second copy of them would be above it. */
const MEMORY_RATIO_MAX = 1;

const MEASURE = fileURLToPath(new URL("./payload/measure.ts", import.meta.url));

/** Takes any body, keeps nothing of it, and answers as Forge does when it has drawn nothing. */
async function startSink(): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.setHeader("Content-Type", "application/json").end('{"images":[]}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => void server.close() };
}

/** What one way costs a fresh process: one that grew once keeps what it got. */
async function costOf(way: PayloadWay, url: string): Promise<PayloadCost> {
  const args = ["--expose-gc", MEASURE, way, url];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as PayloadCost;
}

/** Holds what the agent's request for a large inpaint takes against the base64 in it, and against `JSON.stringify`. */
export async function benchPayload(rounds: number): Promise<Measure[]> {
  const sink = await startSink();
  const costs: Record<PayloadWay, PayloadCost[]> = { ours: [], stringify: [] };
  const growthOf = (way: PayloadWay) => async () => {
    const cost = await costOf(way, sink.url);
    costs[way].push(cost);
    return cost.grownBytes;
  };
  try {
    const grown = await interleave(rounds, {
      ours: growthOf("ours"),
      stringify: growthOf("stringify"),
    });
    const base64Bytes = costs.ours.map((cost) => cost.base64Bytes);
    const ours = ratioOf(grown.ours, base64Bytes);
    const stringify = ratioOf(grown.stringify, base64Bytes);
    const copied = (way: PayloadWay) =>
      `${median(costs[way].map((cost) => cost.copiedBytes / cost.base64Bytes)).toFixed(2)}×`;
    const megabytes = (median(base64Bytes) / 1e6).toFixed(0);
    const name = `memory of a body with ${megabytes} MB of base64, beyond its pictures / the base64`;
    return [
      atMost(name, ours.median, MEMORY_RATIO_MAX, showRatio(ours)),
      { name: "  the same by JSON.stringify", value: showRatio(stringify) },
      {
        name: "  bytes copied / the base64: ours, JSON.stringify",
        value: `${copied("ours")}, ${copied("stringify")}`,
      },
    ];
  } finally {
    sink.stop();
  }
}
