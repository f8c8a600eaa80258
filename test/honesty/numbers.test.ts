import { holdChapter } from "./hold-chapter.ts";
import { NUMBERS } from "./losses/numbers.ts";

holdChapter(NUMBERS);
