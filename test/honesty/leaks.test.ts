import { holdChapter } from "./hold-chapter.ts";
import { LEAKS } from "./losses/leaks.ts";

holdChapter(LEAKS);
