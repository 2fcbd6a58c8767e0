// SPDX-License-Identifier: Apache-2.0
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { packageNamed, packageOf, packages, packagesFor } from "./catalogue.ts";
import { testbedFolder } from "./sources/source-kind.ts";

const sources = packages.flatMap((one) => one.sources.map((source) => ({ one, source })));

describe("pins", () => {
  test("every requirement has an exact version and hashes", async ({ expect }) => {
    for (const { source } of sources) {
      if (source.kind !== "python") continue;
      const text = await readFile(join(testbedFolder, source.requirements), "utf8");
      const requirements = text
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => /^[a-z]/i.test(line));
      expect(requirements.length).toBeGreaterThan(0);
      for (const line of requirements) expect(line).toMatch(/^[\w.-]+==\S+.* --hash=sha256:[0-9a-f]{64}/);
    }
  });

  test("a Python package of one program is pinned to the version that the catalogue names", async ({
    expect,
  }) => {
    for (const { one, source } of sources) {
      if (source.kind !== "python") continue;
      const text = await readFile(join(testbedFolder, source.requirements), "utf8");
      expect(text, one.name).toContain(`==${one.version}`);
    }
  });

  test("every Go module names the tools that are built from it, at a version", async ({ expect }) => {
    for (const { source } of sources) {
      if (source.kind !== "go") continue;
      const text = await readFile(join(testbedFolder, source.module, "go.mod"), "utf8");
      for (const mainPackage of Object.values(source.packages)) {
        expect(text.split(/\s+/), mainPackage).toContain(mainPackage);
      }
      await access(join(testbedFolder, source.module, "go.sum"));
    }
  });

  test("Go programs of one module are pinned to the version that the catalogue names", async ({ expect }) => {
    for (const { one, source } of sources) {
      if (source.kind !== "go") continue;
      const text = await readFile(join(testbedFolder, source.module, "go.mod"), "utf8");
      expect(text, one.name).toContain(` v${one.version}`);
    }
  });
});

test("no two programs have the same name", ({ expect }) => {
  const names = packages.flatMap((one) => Object.keys(one.programs));
  expect(names).toHaveLength(new Set(names).size);
});

test("finds a package by its own name and by a program's", ({ expect }) => {
  expect(packageNamed("seaweedfs")).toBe(packageNamed("weed"));
  expect(packageOf("initdb").package.name).toBe("postgres");
});

test("says which programs there are when one is not known", ({ expect }) => {
  expect(() => packageNamed("mysql")).toThrow(/no program mysql in the testbed; it has nats-server, rclone/);
});

test("npm test needs no cluster and no check tools", ({ expect }) => {
  const names = packagesFor("test").map(({ name }) => name);
  expect(names).toContain("nats-server");
  expect(names).not.toContain("kubernetes");
  expect(names).not.toContain("hadolint");
});
