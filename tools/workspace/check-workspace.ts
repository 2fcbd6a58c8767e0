// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { readMembers } from "./members.ts";
import { catalogProblems, memberProblems, rootReferenceProblems } from "./rules.ts";

const Workspace = z.object({ catalog: z.record(z.string(), z.string()) });
const RootConfig = z.object({ references: z.array(z.object({ path: z.string() })) });

const members = await readMembers();
const { catalog } = Workspace.parse(parse(await readFile("pnpm-workspace.yaml", "utf8")));
const { references } = RootConfig.parse(JSON.parse(await readFile("tsconfig.json", "utf8")));
const problems = [
  ...members.flatMap((member) => memberProblems(member, members)),
  ...rootReferenceProblems(
    references.map(({ path }) => path),
    members,
  ),
  ...catalogProblems(catalog),
];
if (problems.length > 0) {
  process.stdout.write(`${problems.join("\n")}\n`);
  process.exitCode = 1;
}
