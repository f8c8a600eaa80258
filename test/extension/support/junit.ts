/** One case of pytest's report: its name, and what it said when it failed. */
export interface PytestCase {
  readonly name: string;
  readonly failure: string | null;
}

const ENTITIES: Record<string, string> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&#10;": "\n",
  "&amp;": "&",
};

const decode = (text: string) =>
  text.replace(/&(?:lt|gt|quot|apos|#10|amp);/g, (entity) => ENTITIES[entity] ?? entity);

const attribute = (tag: string, name: string) =>
  decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "");

/** Names of one file that are alike get a number, for a test is known by its name. */
function distinct(cases: PytestCase[]): PytestCase[] {
  const seen = new Map<string, number>();
  return cases.map(({ name, failure }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { name: count > 1 ? `${name} (${count})` : name, failure };
  });
}

/** The cases of a report as pytest writes it (xunit2). A skipped case has failed: here nothing is skipped. */
export function readJunit(xml: string): PytestCase[] {
  const cases = xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return distinct(
    [...cases].map(([, tag = "", body = ""]) => {
      const bad =
        /<(?:failure|error|skipped)\b[^>]*?(?:\/>|>([\s\S]*?)<\/(?:failure|error|skipped)>)/;
      const found = bad.exec(body);
      const file = attribute(tag, "classname").split(".").at(-1) || "pytest";
      return {
        name: `${file}: ${attribute(tag, "name")
          .replace(/^test_/, "")
          .replaceAll("_", " ")}`,
        failure: found === null ? null : decode(found[1] || found[0]),
      };
    }),
  );
}
