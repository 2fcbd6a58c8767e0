// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders whose every child is a workspace member, and members that stand alone. */
const members = [
  ...["apps", "packages", "charts"].flatMap((parent) =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(parent, entry.name)),
  ),
  "bench",
  "testbed",
  "tools",
];

function memberName(folder: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null && "name" in manifest
      ? String(manifest.name)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Three projects a member: `<name>` (unit tests beside their file), `<name>:component` (real servers, in
 * `test/`) and `<name>:system` (`*.system.test.ts`: what needs a container engine, a cluster or a browser).
 */
function projectsOf(folder: string) {
  const name = memberName(folder);
  if (name === undefined) return [];
  const unit = folder === "tools" ? ["tools/**/*.test.ts"] : [`${folder}/src/**/*.test.ts`];
  const system = folder === "tools" ? ["tools/**/*.system.test.ts"] : [`${folder}/test/**/*.system.test.ts`];
  return [
    {
      extends: true as const,
      test: { name, include: unit, exclude: ["**/*.system.test.ts", "**/node_modules/**"] },
    },
    {
      extends: true as const,
      test: {
        name: `${name}:component`,
        include: folder === "tools" ? [] : [`${folder}/test/**/*.test.ts`],
        exclude: ["**/*.system.test.ts", "**/node_modules/**"],
        testTimeout: 60_000,
        hookTimeout: 180_000,
      },
    },
    {
      extends: true as const,
      test: { name: `${name}:system`, include: system, testTimeout: 300_000, hookTimeout: 900_000 },
    },
  ];
}

/** Each of them takes half a minute or more: begun last, they would run when everything else is over. */
const longest = [
  "apps/s3-sync/test/guard.test.ts",
  "apps/airunner/test/campaign/campaign.test.ts",
  "apps/s3-sync/test/process.test.ts",
  "apps/s3-sync/test/bad-input.test.ts",
  "apps/v1-sync-helper/test/campaign/campaign.test.ts",
  "apps/v1-sync-helper/test/payloads/payloads.test.ts",
  "apps/v1-sync-helper/test/lifecycle/ending.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: members.flatMap(projectsOf),
    pool: "forks",
    passWithNoTests: true,
    restoreMocks: true,
    reporters: ["default", "./tools/test/tally-reporter.ts"],
    coverage: {
      provider: "v8",
      include: ["apps/*/src/**", "packages/*/src/**", "testbed/src/**"],
      reporter: ["text-summary", "html"],
    },
  },
});
