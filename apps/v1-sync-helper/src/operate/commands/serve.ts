// SPDX-License-Identifier: MIT
import { Command } from "commander";
import type { CommandFactory } from "../cli/program.ts";

export interface ServeFlags {
  readonly debug?: boolean;
  readonly port?: string;
  readonly bind?: string;
  readonly dryRun?: true;
}

const examples = `
Examples:
  v1-sync-helper                                 the same as: v1-sync-helper serve
  v1-sync-helper -d -p 8081 -bind 127.0.0.1      debug lines, health on 127.0.0.1:8081
  v1-sync-helper serve --dry-run                 read what is there, log what would be sent, change nothing`;

export const serveCommand: CommandFactory = (context, exitWith) =>
  new Command("serve")
    .description("Keeps v2 in step with v1 until it is stopped (what runs without a command).")
    .option("-d, --debug", "as DEBUG=true")
    .option("--no-debug", "as DEBUG=false")
    .option("-p, --port <port>", "as PORT; the port of /livez, /readyz and /metrics")
    .option("--bind <address>", "as BIND; also -bind, as the Go program had it")
    .option("--dry-run", "log what would be sent, send nothing, change nothing")
    .addHelpText("after", examples)
    .action(async (flags: ServeFlags) => {
      const { runServe } = await import("../serve/run-serve.ts");
      exitWith(await runServe(flags, context));
    });
