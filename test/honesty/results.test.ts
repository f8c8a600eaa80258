import { holdChapter } from "./hold-chapter.ts";
import { RESULTS } from "./losses/results.ts";

holdChapter(RESULTS);
