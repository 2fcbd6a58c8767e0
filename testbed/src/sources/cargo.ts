// SPDX-License-Identifier: Apache-2.0
import { glob } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Environment, variable } from "../environment.ts";
import { TestbedError } from "../errors.ts";
import { runTool } from "../run.ts";
import type { CargoSource } from "../source.ts";
import { findToolchain, toolchainLabel } from "../toolchains.ts";
import { type FetchContext, type Prepared, type SourceKind, sha256OfFile } from "./source-kind.ts";

/** `cargo install --locked`: the crate's own lockfile pins what it is built from, our checksum pins the crate. */
export const cargoSource: SourceKind<CargoSource> = { keyParts, prepare };

async function keyParts(
  source: CargoSource,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  const cargo = await findToolchain("cargo", environment, source.atLeast);
  return cargo === undefined ? undefined : ["cargo", JSON.stringify(source), cargo.version, process.arch];
}

async function prepare(source: CargoSource, context: FetchContext): Promise<Prepared> {
  const cargo = await findToolchain("cargo", context.environment, source.atLeast);
  if (cargo === undefined) return { canFetch: false, lacks: toolchainLabel("cargo", source.atLeast) };
  const fetch = async (folder: string): Promise<void> => {
    // `info` downloads the crate and runs nothing of it, so that it is checked before its build script runs.
    await runTool(cargo.command, ["info", `${source.crate}@${source.version}`], { onLine: context.onLine });
    await verifyCrate(source, context.environment);
    const version = ["--locked", "--version", source.version];
    const features = ["--no-default-features", "--features", source.features.join(",")];
    await runTool(cargo.command, ["install", source.crate, ...version, ...features, "--root", folder], {
      env: { CARGO_TARGET_DIR: join(context.scratch, "cargo-target") },
      onLine: context.onLine,
    });
  };
  return { canFetch: true, fetch };
}

async function verifyCrate(source: CargoSource, environment: Environment): Promise<void> {
  const home = variable(environment, "CARGO_HOME") ?? join(homedir(), ".cargo");
  const file = `${source.crate}-${source.version}.crate`;
  let found = 0;
  for await (const path of glob(join(home, "registry", "cache", "*", file))) {
    const sum = await sha256OfFile(path);
    if (sum !== source.sha256) {
      throw new TestbedError(
        "fetch_failed",
        `${file} came with SHA-256 ${sum}, and ${source.sha256} was expected.`,
      );
    }
    found++;
  }
  if (found === 0)
    throw new TestbedError(
      "fetch_failed",
      `cargo did not put ${file} into ${home}/registry/cache, so it cannot be checked.`,
    );
}
