// SPDX-License-Identifier: Apache-2.0
import { describeSettings, type SettingDescription } from "@repo/service";
import { flags } from "./flags.ts";
import { secretsSchema, settingsSchema } from "./schema.ts";

/** The text of `--help`; meanings and defaults are read from the schema, so that it cannot fall behind. */
export function serverHelp(): string {
  const described = [settingsSchema, secretsSchema].flatMap(describeSettings);
  const byVariable = new Map(described.map((setting) => [setting.variable, setting]));
  const withFlag = new Set(flags.map(({ variable }) => variable));
  return [
    "airunner-server keeps queues of jobs, hands them to workers, and shows everybody their output, live and later.",
    "",
    "Usage: airunner-server [rpc-server] [flags]",
    "       airunner-server cert [--dir DIR] [--name NAME]... [--force]",
    "       airunner-server --healthcheck          ask the server of the same environment whether it lives",
    "",
    "Examples:",
    "  airunner-server                                for yourself, on https://localhost:8080",
    "  airunner-server cert                           make a certificate, say how clients trust it",
    "  airunner-cli keygen                            make a key pair for tokens; then",
    '  JWT_PUBLIC_KEY="$(cat public.pem)" airunner-server --listen 0.0.0.0:8080 --hostname runner.example.com',
    "",
    "Flags, each also as the variable in parentheses:",
    ...flags.map((flag) => {
      const left = `${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`;
      const setting = byVariable.get(flag.variable);
      const meaning = flag.help ?? `${describe(setting)} (${flag.variable})`;
      return entry(left, meaning);
    }),
    entry("--help, --version", "This text; the version."),
    "",
    "Variables without a flag:",
    ...described
      .filter(({ variable }) => !withFlag.has(variable))
      .map((setting) => entry(setting.variable, describe(setting))),
    "",
    "Secrets also come from the file that NAME_FILE names. OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and",
    "the other variables of OpenTelemetry turn on the export of metrics and traces.",
    "",
    "cert makes a local authority and a certificate for this machine, which the server finds by itself.",
    entry("--dir DIR", "Folder to put them in (AIRUNNER_CERT_DIR)."),
    entry("--name NAME", "Further host name or address of the server; repeatable."),
    entry("--force", "A new authority, which clients then have to trust anew."),
    "",
    "Exit codes: 0 stopped by a signal, 1 failed, 2 wrong flags or settings, 128 + n ended by signal n before all calls had ended.",
  ].join("\n");
}

const leftWidth = 34;

function entry(left: string, text: string): string {
  return left.length > leftWidth - 1
    ? `  ${left}\n  ${" ".repeat(leftWidth)} ${text}`
    : `  ${left.padEnd(leftWidth)} ${text}`;
}

function describe(setting: SettingDescription | undefined): string {
  if (setting === undefined) return "";
  const { description, default: preset } = setting;
  const text = description.replaceAll("`", "");
  return preset === undefined || preset === "" ? text : `${text} Default ${preset}.`;
}
