/**
 * `npm run bench:extension`: what a click on "Queue in MobileSD" costs, against a real Worker on this machine.
 * What each number means is told in docs/benchmarks.md.
 */
import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { ALIAS } from "../../support/box/queue.ts";
import { pythonProgram } from "../../support/python.ts";
import { type BenchQueue, startBenchQueue } from "../bench-queue.ts";
import { median, ratioOf, showRatio } from "../ratio.ts";
import { atMost, type Measure, showMeasures } from "../report.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const EXTENSION = join(ROOT, "forge-extension/mobilesdqueue");
const MEASURE = fileURLToPath(new URL("./measure.py", import.meta.url));

const ROUNDS = 7;
const CLICK_RATIO_MAX = 3;
const PICTURES_SECONDS_MAX = 2;
const KEPT_MEGABYTES_MAX = 1;
const PAGE_KILOBYTES_MAX = 40;

const Found = z.object({
  click_s: z.array(z.number()),
  bare_s: z.array(z.number()),
  text_s: z.array(z.number()),
  pictures_s: z.array(z.number()),
  pack_s: z.array(z.number()),
  kept_bytes: z.number(),
  peak_bytes: z.number(),
  resident_bytes: z.number().nullable(),
});
type Found = z.infer<typeof Found>;

async function measureClicks(queue: BenchQueue): Promise<Found> {
  const { stdout } = await promisify(execFile)(
    await pythonProgram(),
    [MEASURE, queue.worker.url, ALIAS, String(ROUNDS)],
    {
      env: {
        ...process.env,
        PYTHONPATH: [EXTENSION, join(ROOT, "forge-extension/tests")].join(
          process.platform === "win32" ? ";" : ":",
        ),
        PYTHONDONTWRITEBYTECODE: "1",
        MOBILESD_URL: queue.worker.url,
        MOBILESD_API_KEY: queue.ownerKey.key,
        MOBILESD_API_SECRET: queue.ownerKey.secret,
      },
    },
  );
  return Found.parse(JSON.parse(stdout));
}

/** Bytes of all that the extension has a browser load. */
function pageBytes(): number {
  const scripts = join(EXTENSION, "javascript");
  const files = readdirSync(scripts).filter((name) => name.endsWith(".js"));
  const paths = [...files.map((name) => join(scripts, name)), join(EXTENSION, "style.css")];
  return paths.reduce((total, path) => total + statSync(path).size, 0);
}

const megabytes = (bytes: number) => bytes / 1_000_000;

function measuresOf(found: Found): Measure[] {
  const click = ratioOf(found.click_s, found.bare_s);
  const more = found.pictures_s.map((seconds, at) => seconds - (found.text_s[at] ?? Number.NaN));
  const least = Math.min(...more).toFixed(2);
  const most = Math.max(...more).toFixed(2);
  const kept = megabytes(found.kept_bytes);
  const resident =
    found.resident_bytes === null ? "" : `, ${megabytes(found.resident_bytes).toFixed(0)} MB`;
  const page = pageBytes() / 1_000;
  return [
    atMost("a click of text / a bare submit", click.median, CLICK_RATIO_MAX, showRatio(click)),
    atMost(
      "seconds more with a 4 MP inpaint, mask, two ControlNet pictures",
      median(more),
      PICTURES_SECONDS_MAX,
      `${median(more).toFixed(2)} s (${least}–${most})`,
    ),
    { name: "  of them to pack alone", value: `${median(found.pack_s).toFixed(2)} s` },
    atMost("MB kept after that click", kept, KEPT_MEGABYTES_MAX, `${kept.toFixed(2)} MB`),
    {
      name: "  at its height; resident afterwards",
      value: `${megabytes(found.peak_bytes).toFixed(0)} MB${resident}`,
    },
    atMost("kB of scripts and style", page, PAGE_KILOBYTES_MAX, `${page.toFixed(1)} kB`),
  ];
}

const queue = await startBenchQueue();
try {
  process.stdout.write(`\n${showMeasures(measuresOf(await measureClicks(queue)))}`);
} finally {
  await queue.stop();
}
