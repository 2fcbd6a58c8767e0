// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import type { CliContext } from "../context.ts";

export interface KeygenFlags {
  readonly out: string;
  readonly stdout?: true;
}

const examples = `
Examples:
  airunner-cli keygen --out keys
  airunner-cli keygen --stdout`;

export function keygenCommand(context: CliContext): Command {
  return new Command("keygen")
    .description("Makes the pair of keys for tokens: private.pem signs them, public.pem goes to the server.")
    .option("--out <folder>", "where to write private.pem and public.pem", ".")
    .option("--stdout", "print both keys instead, the private one first")
    .addHelpText("after", examples)
    .action(async (flags: KeygenFlags) => {
      const { runKeygen } = await import("../keys/run-keygen.ts");
      await runKeygen(flags, context);
    });
}
