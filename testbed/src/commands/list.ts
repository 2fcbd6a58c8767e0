// SPDX-License-Identifier: Apache-2.0
import { packages } from "../catalogue.ts";
import type { Environment } from "../environment.ts";
import { locateProgram } from "../find-program.ts";
import { lackedBy, openScratch } from "../package-store.ts";
import type { Package } from "../program.ts";

/** One line of `testbed list`. */
export interface Row {
  readonly program: string;
  readonly version: string;
  readonly neededBy: string;
  /** Where it is, or how it would come, or why it cannot. */
  readonly where: string;
}

/** All programs with where they are; fetches nothing. */
export async function listPrograms(environment: Environment): Promise<readonly Row[]> {
  await using scratch = await openScratch(environment);
  const rows: Row[] = [];
  for (const one of packages) {
    for (const [name, program] of Object.entries(one.programs)) {
      const common = {
        program: name,
        version: program.version ?? one.version,
        neededBy: one.neededBy.join(", "),
      };
      rows.push(await withPlace(common, one, environment, scratch.folder));
    }
  }
  return rows;
}

async function withPlace(
  row: Omit<Row, "where">,
  one: Package,
  environment: Environment,
  scratch: string,
): Promise<Row> {
  try {
    const found = await locateProgram(row.program, environment);
    if (found !== undefined)
      return { ...row, version: found.version, where: `${found.path} (${found.origin})` };
    const lacked = await lackedBy(one, environment, scratch);
    return { ...row, where: lacked ?? `not here yet: pnpm testbed fetch ${one.name}` };
  } catch (error) {
    return { ...row, where: error instanceof Error ? error.message : String(error) };
  }
}

/** The rows as a table with a head, columns aligned. */
export function formatTable(rows: readonly Row[]): string {
  const head: Row = { program: "PROGRAM", version: "VERSION", neededBy: "NEEDED BY", where: "WHERE" };
  const all = [head, ...rows];
  const width = (column: keyof Row): number => Math.max(...all.map((row) => row[column].length));
  const widths = { program: width("program"), version: width("version"), neededBy: width("neededBy") };
  const lines = all.map((row) =>
    [
      row.program.padEnd(widths.program),
      row.version.padEnd(widths.version),
      row.neededBy.padEnd(widths.neededBy),
      row.where,
    ].join("  "),
  );
  return `${lines.join("\n")}\n`;
}
