// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { type HealthServer, HealthServerError, startHealthServer } from "@repo/health";
import type { Logger } from "@repo/logging";
import type { Telemetry } from "@repo/telemetry";
import type { JobStore } from "../job/job-store.ts";
import { createTaskTokens } from "../job/task-token.ts";
import { createAuthenticator } from "./auth/authenticator.ts";
import { ensureLocalKey } from "./auth/local-key.ts";
import { toConnectError } from "./errors.ts";
import type { Exchange, ExchangeHandler } from "./listener/exchange.ts";
import { startListener } from "./listener/listener.ts";
import type { Listener, ListenerOptions } from "./listener/listener-options.ts";
import type { instruments } from "./metrics.ts";
import { createObserver } from "./observe-calls.ts";
import { observeQueues } from "./observe-queues.ts";
import { createRpcHandler } from "./rpc/rpc-handler.ts";
import { createMethods } from "./services/create-methods.ts";
import { servingCertificate } from "./serving-certificate.ts";
import type { ListenAddress } from "./settings/fields.ts";
import type { AuthSettings, ServerSettings } from "./settings/settings.ts";
import { StartError } from "./start-error.ts";

export interface ServerOptions {
  readonly settings: ServerSettings;
  /** The current one first; empty makes one that is good until the server stops. */
  readonly tokenSecrets: readonly string[];
  /** Stays the caller's: dispose it after the server. */
  readonly store: JobStore;
  readonly telemetry: Telemetry<typeof instruments>;
  readonly logger: Logger;
}

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** Absent where the health endpoints are off. */
  readonly healthPort: number | undefined;
  /** As clients write it: `https://localhost:8080`. */
  readonly url: string;
  /** Not ready any more; streams end, other calls have `settings.drainMs` to. Drained twice, it waits for the first. */
  drain(): Promise<void>;
}

/** Of a certificate's end. */
const warnBeforeMs = 14 * 86_400_000;

/**
 * Starts everything that listens. Disposing it without `drain` ends calls under way at once.
 *
 * @throws {StartError} where a key, a certificate or a port cannot be used
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { settings, store, telemetry, logger } = options;
  await using opened = new AsyncDisposableStack();
  const handler = createHandler(options, await resolveAuth(settings.auth));
  const certificate = await servingCertificate(settings.tls, Date.now());
  opened.use(observeQueues(telemetry.metrics, store, Date.now));
  const health = await startHealth(options);
  if (health !== undefined) opened.use(health);
  const listener = opened.use(
    await listen(settings.listen, {
      handle: withHealthPage(handler.handle),
      onDrain: (phase) => handler.drain(phase),
      limits: { drainMs: settings.drainMs },
      logger,
      ...(certificate !== undefined && { tls: { cert: certificate.certificate, key: certificate.key } }),
    }),
  );
  const url = `${certificate === undefined ? "http" : "https"}://${reachable(settings.listen.host)}:${listener.port}`;
  logger.info(
    {
      url,
      healthUrl: health && `http://${reachable(settings.health?.host ?? "*")}:${health.port}`,
      store: settings.store.type,
      auth: settings.auth.kind,
      tls: settings.tls.kind,
      ...(certificate !== undefined && {
        certificateSha256: certificate.fingerprint,
        certificateExpires: new Date(certificate.expiresAtMs).toISOString(),
      }),
      drainMs: settings.drainMs,
      node: process.versions.node,
      pid: process.pid,
    },
    "serving",
  );
  if (settings.auth.kind === "local")
    logger.info(
      "airunner-cli of this user on this machine may do everything; others need JWT_PUBLIC_KEY and tokens",
    );
  if (certificate?.trust !== undefined)
    logger.info({ trust: certificate.trust }, "how clients trust this server");
  if (certificate !== undefined && certificate.expiresAtMs - Date.now() < warnBeforeMs) {
    logger.warn("the certificate runs out within two weeks: replace it and start the server again");
  }
  health?.markReady();
  const stack = opened.move();
  let closing: Promise<void> | undefined;
  return {
    port: listener.port,
    healthPort: health?.port,
    url,
    drain: () => drain(listener, health, logger),
    [Symbol.asyncDispose]: () => (closing ??= stack.disposeAsync()),
  };
}

/** The key of this machine's own tokens, made if there is none. */
async function resolveAuth(auth: AuthSettings): Promise<Exclude<AuthSettings, { readonly kind: "local" }>> {
  if (auth.kind !== "local") return auth;
  const keys = await ensureLocalKey(auth.folder);
  return { kind: "keys", keys, issuer: undefined, audience: undefined };
}

function createHandler(
  { settings, tokenSecrets, store, telemetry, logger }: ServerOptions,
  auth: Exclude<AuthSettings, { readonly kind: "local" }>,
) {
  // Kept nowhere: what a server keeps in memory ends with it, and so do the leases.
  const secrets = tokenSecrets.length > 0 ? tokenSecrets : [randomBytes(32).toString("base64")];
  const { metrics, tracer } = telemetry;
  return createRpcHandler({
    methods: createMethods({
      store,
      tokens: createTaskTokens({ secrets }),
      metrics,
      logger,
      now: Date.now,
      execution: settings.execution,
      defaultLeaseSeconds: settings.defaultLeaseSeconds,
    }),
    authenticate: createAuthenticator(auth, {
      onTrouble: (error) => logger.error({ err: error }, "tokens cannot be checked"),
    }),
    toError: toConnectError,
    corsOrigins: settings.corsOrigins,
    logger,
    observe: createObserver({ metrics, tracer, logger }),
  });
}

const healthBody = Buffer.from('{"status":"ok"}');

/** Load balancers ask the port itself, with any method and without a token. */
function withHealthPage(handle: ExchangeHandler): ExchangeHandler {
  return (exchange: Exchange) => {
    if (exchange.url !== "/health" && !exchange.url.startsWith("/health?")) return handle(exchange);
    exchange.answer(200, { "content-type": "application/json" }, healthBody);
  };
}

async function startHealth({ settings, store, telemetry }: ServerOptions): Promise<HealthServer | undefined> {
  if (settings.health === undefined) return undefined;
  try {
    return await startHealthServer({
      ...settings.health,
      checks: [{ name: "store", check: () => store.check() }],
      metrics: () => telemetry.prometheusText(),
    });
  } catch (cause) {
    if (!(cause instanceof HealthServerError)) throw cause;
    throw new StartError(`${cause.message.replace(/\.$/, "")} (--health-listen, or off).`, { cause });
  }
}

async function listen(
  address: ListenAddress,
  options: Omit<ListenerOptions, "host" | "port">,
): Promise<Listener> {
  try {
    return await startListener({ host: bindable(address.host), port: address.port, ...options });
  } catch (cause) {
    throw new StartError(`Cannot listen on ${shown(address.host)}:${address.port}: ${listenReason(cause)}.`, {
      cause,
    });
  }
}

/** Both kinds of addresses where this machine has them; of localhost the one that every client tries. */
function bindable(host: string): string {
  if (host.toLowerCase() === "localhost") return "127.0.0.1";
  if (host !== "*") return host;
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === "IPv6"),
  );
  return hasIpv6 ? "::" : "0.0.0.0";
}

/** A name under which this machine reaches it. */
function reachable(host: string): string {
  return ["*", "0.0.0.0", "::"].includes(host) ? "localhost" : shown(host);
}

function shown(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function listenReason(error: unknown): string {
  const code = Error.isError(error) && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return "the port is taken; stop what holds it, or choose another with --listen";
    case "EACCES":
      return "permission denied; choose a port above 1023 with --listen";
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAFNOSUPPORT":
      return "this machine has no such address; give one of its own to --listen, or * for all";
    default:
      return Error.isError(error) ? error.message : "unknown reason";
  }
}

async function drain(listener: Listener, health: HealthServer | undefined, logger: Logger): Promise<void> {
  const startedAt = performance.now();
  health?.markDraining();
  logger.info("draining");
  await listener.drain();
  logger.info({ durationMs: Math.round(performance.now() - startedAt) }, "drained");
}
