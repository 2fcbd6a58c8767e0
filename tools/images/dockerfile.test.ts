// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { isBaseArgument } from "./bases/index.ts";
import { librariesIn } from "./bases/root-filesystem.ts";
import { basesFor } from "./build-image.ts";
import { globalArguments } from "./dockerfile.ts";

const root = join(import.meta.dirname, "..", "..");

describe("arguments before the first FROM", async () => {
  test("are found in order, and later ones are not", ({ expect }) => {
    const text = "# ARG NO=1\nARG A=one:1\n  arg B=two\nARG WITHOUT\nFROM $A\nARG C=3\n";
    expect(globalArguments(text)).toEqual([
      { name: "A", defaultValue: "one:1" },
      { name: "B", defaultValue: "two" },
    ]);
  });

  for (const app of await readdir(join(root, "apps"))) {
    test(`of ${app} name bases by exact versions, each with a local counterpart`, async ({ expect }) => {
      const text = await readFile(join(root, "apps", app, "Dockerfile"), "utf8");
      const bases = globalArguments(text);
      expect(bases.filter(({ name }) => !isBaseArgument(name))).toEqual([]);
      // Debian counts its releases by two numbers. Distroless images have their releases in the name and no version
      // among their tags: only a digest would be more exact.
      for (const { defaultValue } of bases)
        expect(defaultValue).toMatch(
          /((^debian:|:\d+\.)\d+\.\d+(-[\w.-]+)?|distroless\/nodejs\d+-debian\d+:nonroot)(@sha256:[0-9a-f]{64})?$/,
        );
    });
  }
});

describe("where base images come from", () => {
  test.for([
    ["daemon", undefined, "public"],
    ["daemon", "", "public"],
    ["private", undefined, "local"],
    ["daemon", "local", "local"],
    ["private", "public", "public"],
  ] as const)("a %s engine with IMAGE_BASES=%s uses %s ones", ([kind, wanted, bases], { expect }) => {
    expect(basesFor(kind, { IMAGE_BASES: wanted })).toBe(bases);
  });

  test("another word is refused", ({ expect }) => {
    expect(() => basesFor("daemon", { IMAGE_BASES: "mine" })).toThrow('IMAGE_BASES is "mine"');
  });
});

test("shared libraries are read from what ldd prints", ({ expect }) => {
  const text = [
    "\tlinux-vdso.so.1 (0x00007f7fc74f8000)",
    "\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f7fc74e2000)",
    "\tlibnothere.so => not found",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f7fc74fa000)",
  ].join("\n");
  expect(librariesIn(text)).toEqual(["/lib/x86_64-linux-gnu/libdl.so.2", "/lib64/ld-linux-x86-64.so.2"]);
});
