// SPDX-License-Identifier: Apache-2.0
export type { Output } from "./output.ts";
export type { Executable, ExecutableOptions, Exit } from "./run-executable.ts";
export { runExecutable } from "./run-executable.ts";
