// SPDX-License-Identifier: Apache-2.0
export { cacheRoot, isEnterableByOthers } from "./cache-root.ts";
export { packageNamed, packageOf, packages, packagesFor } from "./catalogue.ts";
export type { Environment } from "./environment.ts";
export { variable } from "./environment.ts";
export type { TestbedErrorCode } from "./errors.ts";
export { TestbedError } from "./errors.ts";
export type { FindOptions } from "./find-program.ts";
export { findProgram, locateProgram } from "./find-program.ts";
export { acquireLock } from "./lock.ts";
export type { FetchObserver } from "./package-store.ts";
export { platformProblem } from "./platform.ts";
export type { Available, Found, Launch, Missing, Package, Program, Suite } from "./program.ts";
export { testbedFolder } from "./sources/source-kind.ts";
