import { parseArgs } from "node:util";
import { parseFaults } from "./faults.ts";
import { startDemoForge } from "./server.ts";

const USAGE = `Usage: node main.ts [--port 7861] [--host 127.0.0.1] [--api-auth user:pass]
  [--time-scale 1] [--fault '{"oom":1}'] [--no-api] [--no-hashing] [--nowebui]`;

/** Runs a demo Forge as a process of its own until a signal, or until its parent is gone. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "7861" },
      host: { type: "string", default: "127.0.0.1" },
      "api-auth": { type: "string" },
      "time-scale": { type: "string", default: "1" },
      fault: { type: "string", default: "{}" },
      "no-api": { type: "boolean", default: false },
      "no-hashing": { type: "boolean", default: false },
      nowebui: { type: "boolean", default: false },
    },
  });
  const apiAuth = values["api-auth"];
  const forge = await startDemoForge({
    port: readNumber("--port", values.port, 65_535),
    host: values.host,
    timeScale: readNumber("--time-scale", values["time-scale"], 1000),
    faults: parseFaults(values.fault),
    hasApi: !values["no-api"],
    noHashing: values["no-hashing"],
    noWebui: values.nowebui,
    ...(apiAuth === undefined ? {} : { apiAuth }),
    say: (line) => process.stdout.write(`${line}\n`),
    onCrash: () => process.exit(1),
  });
  const end = () => void forge.stop().then(() => process.exit(0));
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  if (process.channel) process.once("disconnect", end);
}

function readNumber(name: string, text: string, max: number): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number <= max)) {
    throw new Error(`${name} must be a number from 0 to ${max}, not "${text}"`);
  }
  return number;
}

main().catch((error: Error) => {
  process.stderr.write(`demo Forge: ${error.message}\n${USAGE}\n`);
  process.exit(2);
});
