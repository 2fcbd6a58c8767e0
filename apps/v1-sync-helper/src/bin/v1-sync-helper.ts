// SPDX-License-Identifier: MIT
import { endProcess, processContext } from "../operate/cli/process-context.ts";
import { runCli } from "../operate/cli/run-cli.ts";

endProcess(await runCli(process.argv.slice(2), processContext()));
