// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import type { JobClients } from "../client/create-clients.ts";
import type { TokenProvider } from "../client/token-provider.ts";
import { type CliContext, UsageError } from "./context.ts";

/** What {@link addConnectionOptions} adds to a command's options. */
export interface ConnectionFlags {
  readonly server?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly caCert?: string;
}

/** The options of every command that calls a server. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option("--server <url>", "address of the server (default: $AIRUNNER_SERVER or https://localhost:8080)")
    .option("--token <jwt>", "token to show ($AIRUNNER_TOKEN)")
    .option("--token-file <path>", "file with the token, read again when it changes ($AIRUNNER_TOKEN_FILE)")
    .option(
      "--ca-cert <path>",
      "authority that vouches for the server ($AIRUNNER_CA_CERT, $SSL_CERT_FILE; default: this machine's and that of 'airunner-server cert')",
    );
}

/**
 * The clients that a command's flags and its environment ask for; dispose them. No connection is made yet.
 *
 * @throws {ClientError | UsageError}
 */
export async function openClients(flags: ConnectionFlags, context: CliContext): Promise<JobClients> {
  const { createJobClients } = await import("../client/create-clients.ts");
  const { defaultServer, formatServer, isLoopback, parseServerUrl } = await import("../client/server-url.ts");
  const url = parseServerUrl(flags.server ?? textOf(context.env["AIRUNNER_SERVER"]) ?? defaultServer);
  const token = (await tokenProvider(flags, context)) ?? (await ownToken(url, context));
  if (url.protocol === "http:") {
    if (token !== undefined && !isLoopback(url)) {
      await context.stderr.write(
        `airunner-cli: warning: the token travels unencrypted to ${url.host}; use https\n`,
      );
    }
    return createJobClients({ server: formatServer(url), ...(token !== undefined && { token }) });
  }
  const { loadTrust } = await import("../client/trust.ts");
  const trust = loadTrust({ caCert: flags.caCert, env: context.env });
  return createJobClients({ server: formatServer(url), trust, ...(token !== undefined && { token }) });
}

/** To a server of this machine a client of the same user needs nothing else. */
async function ownToken(url: URL, { env }: CliContext): Promise<TokenProvider | undefined> {
  const { isLoopback } = await import("../client/server-url.ts");
  if (!isLoopback(url)) return undefined;
  const { defaultCertificateFolder } = await import("../client/certificate-folder.ts");
  const { localToken } = await import("../client/local-token.ts");
  return localToken(defaultCertificateFolder(env));
}

/** Flags beat the environment; two of one kind contradict each other. */
async function tokenProvider(
  flags: ConnectionFlags,
  { env }: CliContext,
): Promise<TokenProvider | undefined> {
  const given = { token: textOf(flags.token), file: textOf(flags.tokenFile) };
  const fromEnv = { token: textOf(env["AIRUNNER_TOKEN"]), file: textOf(env["AIRUNNER_TOKEN_FILE"]) };
  const [source, names] =
    (given.token ?? given.file) === undefined
      ? [fromEnv, ["AIRUNNER_TOKEN", "AIRUNNER_TOKEN_FILE"]]
      : [given, ["--token", "--token-file"]];
  if (source.token !== undefined && source.file !== undefined) {
    throw new UsageError(`${names.join(" and ")} are both given; leave one out`);
  }
  const { fileToken, fixedToken } = await import("../client/token-provider.ts");
  if (source.token !== undefined) return fixedToken(source.token, names[0] ?? "the token");
  return source.file === undefined ? undefined : fileToken(source.file);
}

/** An empty variable or flag is one that is not there. */
function textOf(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}
