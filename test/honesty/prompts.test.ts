import { holdChapter } from "./hold-chapter.ts";
import { PROMPTS } from "./losses/prompts.ts";

holdChapter(PROMPTS);
