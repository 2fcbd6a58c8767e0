// SPDX-License-Identifier: Apache-2.0
import { runGuard } from "../worker/process/run-guard.ts";

// It ends with its worker, and by nothing that is sent to all processes of a terminal or a service.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// Whatever the worker's directory is, it can be unmounted.
process.chdir("/");
await runGuard({ input: process.stdin, output: process.stdout });
