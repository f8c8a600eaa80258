/**
 * A demo Forge in a process of its own that tells its parent what ran and when.
 * usage, forked: forge-process.ts TIME_SCALE plain|grain
 */
import { startDemoForge } from "../../../tunnel-agent/demo-forge/server.ts";
import type { ForgeWord } from "./forge.ts";

const [timeScale, look] = process.argv.slice(2);
const say = (word: ForgeWord) => void process.send?.(word);
const forge = await startDemoForge({ timeScale: Number(timeScale), hasGrain: look === "grain" });
process.on("message", (from: number) => say({ jobs: forge.jobs.slice(from) }));
// The parent is gone, whatever became of it.
process.once("disconnect", () => process.exit(0));
say({ url: forge.url });
