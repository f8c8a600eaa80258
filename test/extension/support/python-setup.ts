import { pythonProgram } from "../../support/python.ts";

/** Makes the Python environment before the first test, so that no test waits for it. */
export default async function setup(): Promise<void> {
  await pythonProgram();
}
