import { KNOWN_DIFFERENCES } from "./known-differences.ts";

/** One row of the document: a case and what became of it. */
export interface Row {
  readonly name: string;
  /** Whether the queued pictures are Generate's bit by bit; null where the case did not end well. */
  readonly isExact: boolean | null;
  /** `equal`, or `DIFFERENT: ` and what. */
  readonly result: string;
}

const HEAD = `# The queue beside Generate

On one screen of Forge's page Generate is pressed twice, then "Queue in MobileSD". Forge, the extension, the queue in
workerd and the agent are the real ones. Each press leaves pictures, and a file with what Forge ran: every field, every
script's arguments, the options in force, the model, the texts of the pictures. A row is \`equal\` when

- the queued pictures are those of one of the two Generates bit by bit, or, where those two differ from each other,
  no farther from one of them than they are from each other;
- the files are equal place by place but for the differences of the second table;
- what Forge's API was given is what stood on the screen, field by field, pictures and masks pixel by pixel;
- the job completed without a warning.

Written by \`npm run test:forge-truth\`: do not edit. How to run it stands at the end.`;

const FOOT = `## Running it

\`\`\`sh
npm run test:forge-truth -- --forge-dir DIR
npm run test:forge-truth -- --forge-dir DIR --python PY --only inpaint
npm run test:forge-truth -- --help
\`\`\`

\`DIR\` holds Forge, or a folder \`forge\` with it; \`PY\` is its Python, \`DIR/venv/bin/python\` unless given. For the run the
extension and \`test/forge-truth/oracle\` are linked into Forge's \`extensions\`, and Forge runs on the processor with
settings, outputs and a port of its own. At the end, after a failure and after Ctrl-C the links are gone, and the owner's
\`config.json\`, \`ui-config.json\`, \`styles.csv\` and \`params.txt\` are byte by byte what they were. The exit code is 0
when every case is equal, 1 when not, 2 when it could not begin and 130 after Ctrl-C. A run of all cases writes this
document anew.
`;

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((row) => row.map(cell))];
  return lines.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const PICTURES = new Map([
  [true, "bit by bit"],
  [false, "within what two Generates differ by"],
  [null, ""],
]);

/** The known differences as the document has them. */
export function knownTable(): string {
  return table(
    ["Where", "What differs", "Why, in Forge's source"],
    KNOWN_DIFFERENCES.map(({ where, what, because }) => [`\`${where}\``, what, because]),
  );
}

/** Writes the whole document. */
export function writeDocument(
  versions: { readonly forge: string; readonly gradio: string },
  rows: readonly Row[],
): string {
  const cases = table(
    ["Case", "Pictures", "Result"],
    rows.map(({ name, isExact, result }) => [name, PICTURES.get(isExact) ?? "", result]),
  );
  return [
    HEAD,
    `Forge ${versions.forge}, Gradio ${versions.gradio}, on a processor.`,
    "## Cases",
    cases,
    "## Known differences",
    knownTable(),
    FOOT,
  ].join("\n\n");
}
