// SPDX-License-Identifier: Apache-2.0
export { type RunServiceOptions, runService, type ServiceContext } from "./process/run-service.ts";
export { ServiceError, type ServiceErrorCode } from "./process/service-error.ts";
export { isShutdown, ShutdownSignal, type ShutdownSignalName } from "./process/shutdown-signal.ts";
export { handleStandardFlags, type StandardFlagsOptions } from "./process/standard-flags.ts";
export { describeSettings, type SettingDescription, settingsTable } from "./settings/describe-settings.ts";
export { formatDuration, parseDuration } from "./settings/duration.ts";
export {
  type EnvSchema,
  type EnvSchemaWithDefault,
  envBoolean,
  envDuration,
  envEnum,
  envHost,
  envInteger,
  envList,
  envPort,
  envSecret,
  envText,
  envUrl,
} from "./settings/env-fields.ts";
export {
  type Environment,
  type LoadOptions,
  loadEnvironment,
  loadSecrets,
  loadSettings,
} from "./settings/load-settings.ts";
export { SettingsError, type SettingsProblem } from "./settings/settings-error.ts";
