// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { duration } from "../option-values.ts";

export interface TokenFlags {
  readonly subject: string;
  /** Milliseconds; negative makes a token that has expired. */
  readonly ttl: number;
  readonly signingKey?: string;
  readonly scopes?: string;
  readonly audience?: string;
  readonly keyId?: string;
}

const examples = `
Examples:
  airunner-cli token --subject alice --ttl 1h --signing-key private.pem
  airunner-cli token --subject worker-7 --ttl 720h --scopes work --signing-key private.pem > token`;

export function tokenCommand(context: CliContext): Command {
  return new Command("token")
    .description("Makes a token for a server that has the public half of the key; prints it alone.")
    .requiredOption("--subject <name>", "whose token it is")
    .addOption(
      new Option("--ttl <duration>", "how long it is valid, as 90s, 1h or 720h")
        .argParser(duration(Number.NEGATIVE_INFINITY))
        .default(3_600_000, "1h"),
    )
    .option("--signing-key <pem>", "private key of P-256: a file, or the PEM text ($JWT_SIGNING_KEY)")
    .option(
      "--scopes <list>",
      "what it allows: submit, work, read, read-secrets, admin, between commas (default: all)",
    )
    .option("--audience <name>", "server that it is for, where that checks it")
    .option("--key-id <id>", "name of the key in the server's key set")
    .addHelpText("after", examples)
    .action(async (flags: TokenFlags) => {
      const { makeToken } = await import("../keys/make-token.ts");
      await context.stdout.write(`${await makeToken(flags, context.env)}\n`);
    });
}
