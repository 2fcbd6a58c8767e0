// SPDX-License-Identifier: MIT
import { Command } from "commander";
import { exitCodes } from "../cli/exit-codes.ts";
import type { CommandFactory } from "../cli/program.ts";

export interface ProbeFlags {
  readonly ready?: true;
}

export const probeCommand: CommandFactory = (context, exitWith) =>
  new Command("probe")
    .description("Asks the instance of this environment whether it lives; for an image's health check.")
    .option("--ready", "ask /readyz instead of /livez")
    .action(async (flags: ProbeFlags) => {
      const { probe } = await import("@repo/health");
      const { loadHealthAddress } = await import("../../settings/settings.ts");
      const { host, port } = loadHealthAddress(context.env);
      const path = flags.ready === true ? "/readyz" : "/livez";
      const isEverywhere = ["*", "0.0.0.0", "::"].includes(host);
      const isWell = await probe({ port, path, ...(isEverywhere ? {} : { host }) });
      if (isWell) return;
      await context.stderr.write(`v1-sync-helper: no healthy answer to ${path} on port ${port}\n`);
      exitWith(exitCodes.notFound);
    });
