import { holdChapter } from "./hold-chapter.ts";
import { TROUBLES } from "./losses/troubles.ts";

holdChapter(TROUBLES);
