// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import type { Environment } from "./environment.ts";
import { TestbedError } from "./errors.ts";
import type { Launch, Start } from "./program.ts";
import { findToolchain } from "./toolchains.ts";

/** How to start a program from the folder of its package. */
export async function launchFrom(folder: string, start: Start, environment: Environment): Promise<Launch> {
  switch (start.kind) {
    case "binary":
      return { command: join(folder, start.file), args: [], env: {} };
    case "python":
      return {
        command: await interpreter("python", environment),
        args: ["-m", start.module],
        env: { PYTHONPATH: folder },
      };
    case "java":
      return {
        command: await interpreter("java", environment),
        args: ["-cp", join(folder, start.jars), start.mainClass],
        env: {},
      };
  }
}

async function interpreter(name: "python" | "java", environment: Environment): Promise<string> {
  const toolchain = await findToolchain(name, environment);
  if (toolchain !== undefined) return toolchain.command;
  throw new TestbedError("unsuitable_program", `The program needs ${name}, which is not on PATH any more.`);
}
