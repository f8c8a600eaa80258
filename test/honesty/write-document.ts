import { writeFileSync } from "node:fs";
import { writeDocument } from "./document.ts";
import { CHAPTERS } from "./losses/chapters.ts";

writeFileSync("docs/honesty.md", writeDocument(CHAPTERS));
