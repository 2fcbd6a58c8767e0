// SPDX-License-Identifier: Apache-2.0

/** One rule of the repository: a command that exits 0 when it holds. A line "note: …" of its output is shown even then. */
export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly fix?: string;
}

/** Slow ones first, so that the short ones fill the gaps. */
export const CHECKS: readonly Check[] = [
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", command: ["tsc", "-b"] },
  { name: "dead-code", command: ["knip"] },
  { name: "format", command: ["biome", "check", "--error-on-warnings"], fix: "pnpm fix" },
  { name: "boundaries", command: ["turbo", "boundaries"] },
  { name: "workspace", command: ["node", "tools/workspace/check-workspace.ts"] },
  { name: "licence-headers", command: ["node", "tools/licences/check-headers.ts"], fix: "pnpm fix" },
  { name: "dependency-licences", command: ["node", "tools/licences/check-dependencies.ts"] },
  {
    name: "generated",
    command: ["pnpm", "--recursive", "--if-present", "run", "generate", "--check"],
    fix: "pnpm generate",
  },
  { name: "protocol", command: ["node", "tools/protocol/protocol.ts", "--check"], fix: "pnpm proto" },
  { name: "dockerfiles", command: ["node", "tools/images/lint.ts"] },
  { name: "workflows", command: ["node", "tools/workflows/lint.ts"] },
  { name: "charts", command: ["node", "tools/charts/charts.ts", "check"] },
];
