// SPDX-License-Identifier: Apache-2.0
export type { Logger } from "pino";
export type { LogDestination, LoggerOptions } from "./create-logger.ts";
export { createLogger } from "./create-logger.ts";
export type { ErrorFields } from "./error-fields.ts";
export { serializeError } from "./error-fields.ts";
export type { LogLevel } from "./levels.ts";
export { enableLevelSignal, isLogLevel, logLevels } from "./levels.ts";
export { createLineRedactor } from "./redaction/line-redactor.ts";
export type { RedactorOptions } from "./redaction/redactor.ts";
export { createRedactor, redactedMark } from "./redaction/redactor.ts";
export { openSyncDestination } from "./sync-destination.ts";
