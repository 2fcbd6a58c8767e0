// SPDX-License-Identifier: Apache-2.0
import { access, chmod, copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "../environment.ts";
import { TestbedError } from "../errors.ts";
import { ask, type RunOptions, runTool } from "../run.ts";
import type { GoSource } from "../source.ts";
import { findToolchain, toolchainLabel } from "../toolchains.ts";
import { type FetchContext, type Prepared, pinFile, type SourceKind, testbedFolder } from "./source-kind.ts";

/** `go build` in a module of ours whose go.sum pins every source. */
export const goSource: SourceKind<GoSource> = { keyParts, prepare };

/** The person's own settings must not change what is built. */
const settings = { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off" };

async function keyParts(source: GoSource, environment: Environment): Promise<readonly string[] | undefined> {
  const go = await findToolchain("go", environment, source.atLeast);
  if (go === undefined) return undefined;
  const pins = [await pinFile(source.module, "go.mod"), await pinFile(source.module, "go.sum")];
  const files = source.moduleFiles === undefined ? [] : [JSON.stringify(source.moduleFiles)];
  return [
    "go",
    ...pins,
    JSON.stringify(source.packages),
    source.linkerFlags ?? "",
    go.version,
    process.arch,
    ...files,
  ];
}

async function prepare(source: GoSource, context: FetchContext): Promise<Prepared> {
  const go = await findToolchain("go", context.environment, source.atLeast);
  if (go === undefined) return { canFetch: false, lacks: toolchainLabel("go", source.atLeast) };
  const fetch = async (folder: string): Promise<void> => {
    const env = { ...settings, ...(await cacheSettings(go.command, context.scratch)) };
    for (const [name, mainPackage] of Object.entries(source.packages)) {
      await runTool(go.command, buildArguments(source, join(folder, "bin", name), mainPackage), {
        cwd: join(testbedFolder, source.module),
        env,
        onLine: context.onLine,
      });
    }
    await copyModuleFiles(go.command, source, folder, { cwd: join(testbedFolder, source.module), env });
  };
  return { canFetch: true, fetch };
}

async function copyModuleFiles(go: string, source: GoSource, folder: string, run: RunOptions): Promise<void> {
  for (const [target, { module, file }] of Object.entries(source.moduleFiles ?? {})) {
    const answer: unknown = JSON.parse(await runTool(go, ["mod", "download", "-json", module], run));
    if (
      typeof answer !== "object" ||
      answer === null ||
      !("Dir" in answer) ||
      typeof answer.Dir !== "string"
    ) {
      throw new TestbedError("fetch_failed", `go mod download did not say where it put ${module}.`);
    }
    await mkdir(dirname(join(folder, target)), { recursive: true });
    await copyFile(join(answer.Dir, file), join(folder, target));
    // Files of the module cache are read-only, and copies would be.
    await chmod(join(folder, target), 0o644);
  }
}

function buildArguments(source: GoSource, output: string, mainPackage: string): string[] {
  const linkerFlags = ["-s", "-w", source.linkerFlags ?? ""].join(" ").trim();
  // -v names each package as it is compiled: the only sign of life of a long build.
  return ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", linkerFlags, "-o", output, mainPackage];
}

/**
 * A person who uses Go has its caches: they are used, because much of a build may be in them. Where there are
 * none, up to 3.5 GB that nobody would need again go to the scratch folder instead.
 */
async function cacheSettings(go: string, scratch: string): Promise<Record<string, string>> {
  const chosen: Record<string, string> = { GOFLAGS: "-mod=readonly" };
  for (const [name, folder] of [
    ["GOCACHE", "go-build"],
    ["GOMODCACHE", "go-modules"],
  ] as const) {
    const own = (await ask(go, ["env", name]))?.trim();
    if (own !== undefined && own !== "" && (await exists(own))) continue;
    chosen[name] = join(scratch, folder);
    // Go makes modules read-only, and then they cannot be removed by an ordinary user.
    if (name === "GOMODCACHE") chosen["GOFLAGS"] = "-mod=readonly -modcacherw";
  }
  return chosen;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
