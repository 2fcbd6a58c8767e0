// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import type { Environment } from "../environment.ts";
import { ask, runTool } from "../run.ts";
import type { PythonSource } from "../source.ts";
import { findToolchain, toolchainLabel } from "../toolchains.ts";
import { type FetchContext, type Prepared, pinFile, type SourceKind, testbedFolder } from "./source-kind.ts";

/**
 * `pip install --target`: it needs no virtual environment, works where the distribution manages its own
 * Python (PEP 668), and its folder can be renamed, which scripts of a virtual environment do not survive.
 * A Python without pip lends the one that `venv` brings.
 */
export const pythonSource: SourceKind<PythonSource> = { keyParts, prepare };

async function keyParts(
  source: PythonSource,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  const parts = ["python", await pinFile(source.requirements), process.arch];
  // A program in a wheel is the same for every Python, and is found without one.
  if (source.isPythonCode !== true) return parts;
  const python = await findToolchain("python", environment);
  return python === undefined ? undefined : [...parts, python.version];
}

async function prepare(source: PythonSource, context: FetchContext): Promise<Prepared> {
  const label = toolchainLabel("python");
  const python = await findToolchain("python", context.environment);
  if (python === undefined) return { canFetch: false, lacks: label };
  const hasPip = (await ask(python.command, ["-m", "pip", "--version"])) !== undefined;
  const canMakePip = hasPip || (await ask(python.command, ["-c", "import venv, ensurepip"])) !== undefined;
  if (!canMakePip) return { canFetch: false, lacks: `pip for ${python.command} (or its venv module)` };
  const fetch = async (folder: string): Promise<void> => {
    const pip = hasPip ? python.command : await pythonWithPip(python.command, context);
    await runTool(pip, pipArguments(source, folder), { onLine: context.onLine });
  };
  return { canFetch: true, fetch };
}

function pipArguments(source: PythonSource, folder: string): string[] {
  const requirements = join(testbedFolder, source.requirements);
  const install = [
    "-m",
    "pip",
    "install",
    "--target",
    folder,
    "--require-hashes",
    "--requirement",
    requirements,
  ];
  // Wheels only: a source package would run its build script here.
  return [
    ...install,
    "--only-binary",
    ":all:",
    ...platformArguments(source),
    "--no-input",
    "--disable-pip-version-check",
    "--root-user-action=ignore",
  ];
}

/** Wheels of another platform: what they hold is not run by this machine's Python. */
function platformArguments(source: PythonSource): string[] {
  const tag = source.platform?.[process.arch];
  return tag === undefined ? [] : ["--platform", tag];
}

async function pythonWithPip(command: string, context: FetchContext): Promise<string> {
  const folder = join(context.scratch, "venv");
  await runTool(command, ["-m", "venv", "--clear", folder], { onLine: context.onLine });
  return join(folder, "bin", "python3");
}
