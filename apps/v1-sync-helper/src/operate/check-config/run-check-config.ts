// SPDX-License-Identifier: MIT
import { SettingsError } from "@repo/service";
import { createMappings } from "../../mappings/mappings.ts";
import { connectNats } from "../../nats/connect-nats.ts";
import { consumerName, mappingsBucket, objectsBucket, stateBucket, usersBucket } from "../../nats/names.ts";
import { openBucket } from "../../nats/open-bucket.ts";
import { type LoadedSettings, loadSyncSettings } from "../../settings/settings.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { programName } from "../cli/program-name.ts";
import { silentLogger } from "../cli/silent-logger.ts";
import type { CheckConfigFlags } from "../commands/check-config.ts";
import { openV2 } from "../serve/open-v2.ts";
import { type CheckResult, checkLine, runCheck } from "./check.ts";
import { checkKeySet, checkV1Gateway, checkV1Token } from "./identity-checks.ts";
import { checkBucket, checkConsumer, checkServer, skippedWithoutNats } from "./nats-checks.ts";
import { checkReady, checkRoot, checkToken } from "./service-checks.ts";

export async function runCheckConfig(flags: CheckConfigFlags, context: CliContext): Promise<number> {
  const signal = context.interrupted();
  let isWell = true;
  for await (const result of check(context)) {
    signal.throwIfAborted();
    isWell &&= result.result !== "failed";
    const line = flags.json === true ? JSON.stringify(result) : checkLine(result);
    await context.stdout.write(`${line}\n`);
  }
  return isWell ? exitCodes.done : exitCodes.notFound;
}

async function* check({ env }: CliContext): AsyncGenerator<CheckResult> {
  let loaded: LoadedSettings;
  try {
    loaded = loadSyncSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    yield { check: "settings", result: "failed", detail: error.message };
    return;
  }
  for (const warning of loaded.warnings) yield { check: "settings", result: "warning", detail: warning };
  yield { check: "settings", result: "ok", detail: "all variables and both private keys can be used" };
  yield runCheck("Heimdall's key set", () => checkKeySet(loaded, env));
  yield runCheck("v1 token", () => checkV1Token(loaded, env));
  yield runCheck("v1 gateway", () => checkV1Gateway(loaded, env));
  yield* checkNatsAndServices(loaded, env);
}

async function* checkNatsAndServices(
  loaded: LoadedSettings,
  env: CliContext["env"],
): AsyncGenerator<CheckResult> {
  const { settings, secrets } = loaded;
  await using link = await connectNats({ url: secrets.natsUrl, name: `${programName} check-config` });
  const server = await runCheck("NATS", () => checkServer(link));
  yield server;
  const withNats = (look: () => Promise<string>): (() => Promise<string>) =>
    server.result === "failed" ? async () => skippedWithoutNats() : look;
  for (const name of [objectsBucket, mappingsBucket, stateBucket, usersBucket])
    yield runCheck(
      `bucket ${name}`,
      withNats(() => checkBucket(link, name, settings.buckets.canCreate)),
    );
  yield runCheck(
    `consumer ${consumerName}`,
    withNats(() => checkConsumer(link)),
  );
  yield runCheck("project service", () => checkReady(settings.projectServiceUrl, env));
  yield runCheck("committee service", () => checkReady(settings.committeeServiceUrl, env));

  const logger = silentLogger();
  const mappings = createMappings(openBucket(link, mappingsBucket));
  await using v2 = openV2({ loaded, link, mappings, logger, env });
  yield runCheck("project service, signed GET", () => checkToken(v2, "project"));
  yield runCheck("committee service, signed GET", () => checkToken(v2, "committee"));
  yield runCheck(
    "project ROOT",
    withNats(() => checkRoot(v2)),
  );
}
