import { buildPages } from "./pages.ts";

process.stdout.write(`Built the pages into ${await buildPages()}\n`);
