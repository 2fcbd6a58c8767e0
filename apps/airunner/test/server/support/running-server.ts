// SPDX-License-Identifier: Apache-2.0

import { generateKeyPairSync } from "node:crypto";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { createSigner, type Signer, signJwt } from "@repo/jwt";
import { type CapturedLogs, captureLogs } from "@repo/logging/testing";
import { startTelemetry, type Telemetry } from "@repo/telemetry";
import { JobEventsService, JobService } from "../../../src/gen/job/v1/job_pb.ts";
import type { JobStore } from "../../../src/job/job-store.ts";
import { instruments } from "../../../src/server/metrics.ts";
import { loadServerSettings } from "../../../src/server/settings/settings.ts";
import { type RunningServer, startServer } from "../../../src/server/start-server.ts";
import { createMemoryStore } from "../../../src/stores/memory/memory-store.ts";

export interface Clients {
  readonly jobs: Client<typeof JobService>;
  readonly events: Client<typeof JobEventsService>;
}

export interface TestServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly store: JobStore;
  readonly logs: CapturedLogs;
  readonly telemetry: Telemetry<typeof instruments>;
  /** Over one HTTP/2 connection, with this token if any. */
  clients(token?: string): Clients;
}

export interface TestServerOptions {
  /** Variables beside those that put it on a free port in plain text. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands before the memory store. */
  readonly wrap?: (store: JobStore) => JobStore;
}

/** A whole server in this process: real sockets, the memory store, its logs kept. */
export async function startTestServer({ env = {}, wrap }: TestServerOptions = {}): Promise<TestServer> {
  await using opened = new AsyncDisposableStack();
  const { settings, tokenSecrets } = loadServerSettings({
    AIRUNNER_LISTEN: "127.0.0.1:0",
    AIRUNNER_HEALTH_LISTEN: "127.0.0.1:0",
    AIRUNNER_NO_TLS: "true",
    ...(env["JWT_PUBLIC_KEY"] === undefined && env["AIRUNNER_JWKS_URL"] === undefined
      ? { AIRUNNER_NO_AUTH: "true" }
      : {}),
    ...env,
  });
  const logs = captureLogs();
  const telemetry = opened.use(
    await startTelemetry({
      serviceName: "test",
      serviceVersion: "0",
      env: {},
      instruments,
      logger: logs.logger,
    }),
  );
  const memory = opened.use(createMemoryStore());
  const store = wrap?.(memory) ?? memory;
  const server = opened.use(
    await startServer({ settings, tokenSecrets, store, telemetry, logger: logs.logger }),
  );
  const stack = opened.move();
  return {
    server,
    store,
    logs,
    telemetry,
    clients: (token) => createClients(server.url, token),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export function createClients(baseUrl: string, token?: string): Clients {
  const transport: Transport = createConnectTransport({
    baseUrl,
    httpVersion: "2",
    interceptors: [
      (next) => (request) => {
        if (token !== undefined) request.header.set("Authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return { jobs: createClient(JobService, transport), events: createClient(JobEventsService, transport) };
}

/** A key pair that makes tokens. */
export interface Issuer {
  readonly publicKey: string;
  readonly signer: Signer;
  token(claims: Readonly<Record<string, unknown>>, lifetimeSeconds?: number): Promise<string>;
}

export function createIssuer(): Issuer {
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const signer = createSigner({ algorithm: "ES256", privateKey: pair.privateKey });
  return {
    publicKey: pair.publicKey,
    signer,
    token: async (claims, lifetimeSeconds = 300) => signJwt(signer, claims, { lifetimeSeconds }),
  };
}
