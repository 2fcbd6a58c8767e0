// SPDX-License-Identifier: Apache-2.0
import { processContext } from "../cli/process-context.ts";
import { runCli } from "../cli/run-cli.ts";

const { context, end } = processContext();
end(await runCli(process.argv.slice(2), context));
