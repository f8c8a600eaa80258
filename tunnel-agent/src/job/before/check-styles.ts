import {
  findNegativeTagProblem,
  findTagProblem,
  mayRewritePrompts,
  type ResolvedParams,
  withoutComments,
} from "@mobilesd/contract";
import type { Host, StylePrompt } from "../../forge/host.ts";
import { checkNegativePrompt, checkPrompt } from "./check-prompt.ts";
import { refusal } from "./refusal.ts";
import type { Failure } from "../failure/failure.ts";

type Styles = Pick<Host, "catalogue" | "stylePrompts">;

const FIELD = "styles";
const SLOT = "{prompt}";

/** A prompt within a style's text; a style that repeats it calls the same things again, so one copy is enough. */
function withStyle(prompt: string, style: string): string {
  const text = withoutComments(style).trim();
  const [before = "", ...behind] = text.split(SLOT);
  if (behind.length > 0) return `${before}${prompt}${behind.join("")}`;
  return [prompt, text].filter((part) => part !== "").join(", ");
}

/** A prompt as Forge makes it of the styles of a job, in their order (modules/styles.py `apply_styles_to_prompt`). */
function withStyles(prompt: string, styles: readonly StylePrompt[]): string {
  const bare = withoutComments(prompt).trim();
  return styles.reduce((text, style) => withStyle(text, style.prompt), bare);
}

function* positiveProblems(
  text: string,
  mayBeRewritten: boolean,
  { catalogue }: Styles,
): Generator<Failure> {
  const problem = findTagProblem(text, mayBeRewritten);
  if (problem !== null) yield refusal("invalid_job", FIELD, problem);
  yield* checkPrompt(text, FIELD, catalogue.loras);
}

function* negativeProblems(text: string): Generator<Failure> {
  const problem = findNegativeTagProblem(text);
  if (problem !== null) yield refusal("invalid_job", FIELD, problem);
  yield* checkNegativePrompt(text, FIELD);
}

/** The same failures, with where they lie: nobody sees a style's text in the job. */
function* inside(place: string, found: Generator<Failure>): Generator<Failure> {
  for (const one of found) yield refusal(one.reason, FIELD, `In ${place}: ${one.message}`);
}

function* allProblems(params: ResolvedParams, host: Styles): Generator<Failure> {
  const mayBeRewritten = mayRewritePrompts(params.alwayson_scripts);
  const used: StylePrompt[] = [];
  for (const name of params.styles) {
    const style = host.stylePrompts.get(name);
    if (!style) continue;
    used.push(style);
    yield* inside(`the style "${name}"`, positiveProblems(style.prompt, mayBeRewritten, host));
    yield* inside(`the style "${name}"`, negativeProblems(style.negative_prompt));
  }
  if (used.length === 0) return;
  for (const prompt of [params.positive_prompt, params.hires?.prompt ?? ""]) {
    const text = withStyles(prompt, used);
    yield* inside("the prompt with its styles", positiveProblems(text, mayBeRewritten, host));
  }
}

/**
 * What the styles of a job call and this Forge does not have, or would not read: one LoRA that is missing
 * makes it drop all of the prompt's. Styles that are not there are `findMissingName`'s. Null: none. Pure.
 */
export function findStyleProblem(params: ResolvedParams, host: Styles): Failure | null {
  const [first = null] = allProblems(params, host);
  return first;
}
