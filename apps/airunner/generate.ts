// SPDX-License-Identifier: Apache-2.0
// Writes the README's tables from what the programs themselves read (`--check` only compares).
import { readFile } from "node:fs/promises";
import { createLogger } from "@repo/logging";
import { settingsTable } from "@repo/service";
import { createRecorders, instrumentsTable } from "@repo/telemetry";
import { generateSections } from "@repo/tools/generated";
import type { Command, Option } from "commander";
import { type CliContext, type Output, UsageError } from "./src/cli/context.ts";
import { exitCodeTable } from "./src/cli/exit-codes.ts";
import { createCommands } from "./src/cli/program.ts";
import { maxEventBytes, maxRequestEvents } from "./src/event-log/scan-event.ts";
import { limits } from "./src/job/limits.ts";
import { createTaskTokens } from "./src/job/task-token.ts";
import { errorsTable } from "./src/server/errors.ts";
import { defaultListenerLimits } from "./src/server/listener/limits.ts";
import { instruments } from "./src/server/metrics.ts";
import { defaultRpcLimits } from "./src/server/rpc/rpc-options.ts";
import { createMethods } from "./src/server/services/create-methods.ts";
import { flags } from "./src/server/settings/flags.ts";
import { secretsSchema, settingsSchema } from "./src/server/settings/schema.ts";
import { loadServerSettings } from "./src/server/settings/settings.ts";
import { createMemoryStore } from "./src/stores/memory/memory-store.ts";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((cells) => cells.map(escape))];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function escape(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}

const nowhere: Output = { isTty: false, terminal: undefined, write: () => Promise.resolve() };
const context: CliContext = {
  env: {},
  stdout: nowhere,
  stderr: nowhere,
  isInteractive: false,
  interrupted: () => new AbortController().signal,
  exitWith: () => undefined,
};
const commands = createCommands(context, []);

/** Options that every command that calls a server has, said once. */
const connection: ReadonlySet<string> = new Set(["--server", "--token", "--token-file", "--ca-cert"]);

function commandsTable(): string {
  return table(
    ["Command", "Does"],
    commands.map((command) => [`\`${command.name()} ${command.usage()}\``, command.description()]),
  );
}

function optionsTable(command: Command | undefined): string {
  if (command === undefined) throw new UsageError("There is no such command.");
  const own = command.options.filter(({ hidden, long }) => !hidden && !connection.has(long ?? ""));
  return table(
    ["Option", "Default", "Meaning"],
    own.map((option) => [`\`${option.flags}\``, defaultOf(option), option.description]),
  );
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): string {
  const shown: unknown = defaultValueDescription ?? defaultValue;
  const isShown = typeof shown === "number" || (typeof shown === "string" && shown !== "");
  return isShown ? `\`${shown}\`` : "–";
}

function commandNamed(name: string): Command | undefined {
  return commands.find((command) => command.name() === name);
}

/** Every RPC with the scope it needs; what it does stands in the protocol. */
async function methodsTable(): Promise<string> {
  const proto = await readFile("proto/job/v1/job.proto", "utf8");
  const { settings } = loadServerSettings({ AIRUNNER_NO_AUTH: "true" });
  await using store = createMemoryStore({});
  const methods = createMethods({
    store,
    tokens: createTaskTokens({ secrets: ["only for the names of methods, 32 bytes"] }),
    metrics: createRecorders(instruments),
    logger: createLogger({ name: "generate", version: "0" }),
    now: Date.now,
    execution: settings.execution,
    defaultLeaseSeconds: settings.defaultLeaseSeconds,
  });
  return table(
    ["RPC", "Scope", "Does"],
    methods.map(({ desc, scope }) => [
      `\`${desc.parent.typeName.replace("job.v1.", "")}/${desc.name}\``,
      `\`${scope}\``,
      new RegExp(String.raw`// (.*)\n  rpc ${desc.name}\(`).exec(proto)?.[1] ?? "",
    ]),
  );
}

const KIB = 1024;

function limitsTable(): string {
  const { maxMessageBytes, bodyMs } = defaultRpcLimits;
  const { maxConnections, maxStreamsPerSession, maxHeaderBytes, handshakeMs, pingEveryMs } =
    defaultListenerLimits;
  const kib = (bytes: number): string => `${count(bytes / KIB)} KiB`;
  return table(
    ["What", "At most"],
    [
      ["One event, serialised", `${count(maxEventBytes)} bytes`],
      ["Events of one request", count(maxRequestEvents)],
      ["One message of a request", kib(maxMessageBytes)],
      ["A job's parameters together", kib(limits.paramsBytes)],
      ["One argument, one variable", `${count(limits.argumentBytes)} bytes`],
      [
        "Arguments; variables; notes",
        [limits.argumentCount, limits.environmentCount, limits.metadataCount].map(count).join("; "),
      ],
      ["Name of a queue", `${limits.queueNameLength} of \`A-Z a-z 0-9 . _ -\``],
      ["Priority", `from -${limits.priority} to ${limits.priority}`],
      ["Delay", `${limits.delayMs / 86_400_000} days`],
      ["Attempts by policy", String(limits.attempts)],
      ["Lease", `${limits.leaseSeconds / 3600} hours, to be extended`],
      ["Jobs of one page", count(limits.pageSize)],
      ["Headers of a request", kib(maxHeaderBytes)],
      ["Connections; streams of one", [maxConnections, maxStreamsPerSession].map(count).join("; ")],
      ["Handshake; body of a request of one message", `${handshakeMs / 1000} s; ${bodyMs / 1000} s`],
      ["A stream, and a job, in all", `no limit; a PING every ${pingEveryMs / 1000} s finds dead peers`],
    ],
  );
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function flagsTable(): string {
  return table(
    ["Flag", "Sets", "Also"],
    flags.map(({ name, value, variable, sets, aliases = [] }) => [
      `\`${value === undefined ? name : `${name} ${value}`}\``,
      `\`${sets === undefined ? variable : `${variable}=${sets}`}\``,
      aliases.map((alias) => `\`${alias}\``).join(", "),
    ]),
  );
}

await generateSections("README.md", {
  commands: commandsTable(),
  submit: optionsTable(commandNamed("submit")),
  monitor: optionsTable(commandNamed("monitor")),
  worker: optionsTable(commandNamed("worker")),
  exit: table(["Exit code", "Means"], exitCodeTable),
  methods: await methodsTable(),
  errors: errorsTable(),
  limits: limitsTable(),
  settings: settingsTable(settingsSchema),
  secrets: settingsTable(secretsSchema),
  flags: flagsTable(),
  metrics: instrumentsTable(instruments),
});
