import type { Chapter, Loss, Scenario, Where } from "./loss.ts";

/** The words of the page for where a loss is noticed. */
export const WHERE: Readonly<Record<Where, string>> = {
  queued: "when it is queued",
  before: "before Forge is asked",
  after: "in Forge's answer",
  never: "cannot happen",
  meant: "Forge's own page does the same",
  unproved: "nobody can tell",
};

const INTRODUCTION = `# What a result is worth

Forge answers "200, here is your picture" to almost anything: it leaves out what it does not know, and puts something else
in its place. MobileSD Queue looks for that at every step.

1. **\`completed\` means** that the pictures are the ones you asked for: as many, in that size, by that model, with every part
   of the job that can be checked.
2. **A warning means** that the pictures are the ones you asked for but for one thing, which the warning names.
3. **Before Forge draws anything**, every name in the job is looked up in the lists of your own Forge, and every input picture,
   mask and number is looked at: what Forge would get wrong costs no GPU time and is refused with the field to change.
4. **After Forge has drawn**, its answer is held against the job: model, sampler, seeds, sizes, the number of pictures, and
   whatever hires fix, refiner, LoRAs, ControlNet and settings leave behind; a picture that fails is never called a result.
5. **Nobody can prove** that a script, a LoRA or a ControlNet model which failed quietly inside Forge did its work, because
   Forge's answer looks the same: the lines below that say "nobody can tell" are all that is known of these.
6. **Interrupt or Skip pressed at Forge's own page** in the last fraction of a second of a job, with the next one handed over
   already, is wiped by that one before anybody can read it: such a picture may lack its last step, and is \`completed\`.

\`400\` is the answer to \`POST /api/v2/generate\`; the other outcomes are those of the status route, where the sentence
stands under \`error\` or \`warnings\`. A field is one of \`generation_params\`. What is noticed in Forge's answer and may be
a passing trouble is tried three times before the job fails.

This page is written by \`npm run honesty\` from the tables in \`test/honesty/losses\`. Each line is a test: the job is queued
over HTTP, run by the real agent on the demo Forge, and ends as it says here.
`;

/** A cell of a Markdown table. */
const cell = (text: string) => text.replaceAll("|", "\\|");

function whereCell({ where, because }: Scenario): string {
  return cell(because === undefined ? WHERE[where] : `${WHERE[where]}: ${because}`);
}

const code = (text: string) => `\`${text}\``;

/** The lines of one loss: jobs that are noticed in the same place, and end in the same way, share one. */
function linesOf({ wish, forge, scenarios }: Loss): string[] {
  const ends = Map.groupBy(scenarios, (one) => `${whereCell(one)} | ${code(one.outcome)}`);
  return [...ends].map(([end, alike], at) => {
    const fields = new Set(alike.flatMap(({ field }) => (field ? [code(field)] : [])));
    const about = at === 0 ? [wish, forge].map(cell) : ["", ""];
    return `| ${[...about, end, [...fields].join(", ")].join(" | ")} |`;
  });
}

function tableOf({ title, losses }: Chapter): string {
  const lines = losses.flatMap(linesOf);
  const head =
    "| You ask for | Forge by itself | Noticed | Outcome | Field |\n|---|---|---|---|---|";
  return `## ${title}\n\n${head}\n${lines.join("\n")}\n`;
}

/** The page about what is lost where, from the tables that the tests hold. Pure. */
export function writeDocument(chapters: readonly Chapter[]): string {
  return [INTRODUCTION, ...chapters.map(tableOf)].join("\n");
}
