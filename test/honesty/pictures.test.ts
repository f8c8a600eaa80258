import { holdChapter } from "./hold-chapter.ts";
import { PICTURES } from "./losses/pictures.ts";

holdChapter(PICTURES);
