import { holdChapter } from "./hold-chapter.ts";
import { NAMES } from "./losses/names.ts";

holdChapter(NAMES);
