// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { captureLogs } from "@repo/logging/testing";
import { test as base } from "vitest";
import { type Scope, scopes } from "../../../src/server/auth/caller.ts";
import type { ExchangeHandler } from "../../../src/server/listener/exchange.ts";
import type { ListenerLimits } from "../../../src/server/listener/limits.ts";
import { startListener } from "../../../src/server/listener/listener.ts";
import type { Listener } from "../../../src/server/listener/listener-options.ts";
import { createRpcHandler } from "../../../src/server/rpc/rpc-handler.ts";
import type { RpcHandlerOptions, RpcLimits } from "../../../src/server/rpc/rpc-options.ts";
import { createTestCertificate } from "./certificate.ts";
import { createMethods, createSeen, type Seen, toError } from "./methods.ts";

export interface TestServerOptions {
  readonly tls?: boolean;
  readonly limits?: Partial<ListenerLimits>;
  readonly rpcLimits?: Partial<RpcLimits>;
  readonly corsOrigins?: readonly string[];
  /** Asks for `Bearer good`, or `Bearer <scope>`. */
  readonly auth?: boolean;
  readonly observe?: NonNullable<RpcHandlerOptions["observe"]>;
  readonly handle?: ExchangeHandler;
}

export interface TestServer {
  readonly listener: Listener;
  readonly port: number;
  /** As "http://127.0.0.1:1234". */
  readonly url: string;
  /** Of its certificate, if it has one. */
  readonly ca: string | undefined;
  readonly seen: Seen;
  readonly logs: ReturnType<typeof captureLogs>;
}

async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const seen = createSeen();
  const logs = captureLogs({ level: "debug" });
  const tls = options.tls === true ? await createTestCertificate() : undefined;
  const rpc = createRpcHandler({
    methods: createMethods(seen),
    authenticate:
      options.auth === true ? authenticate : async () => ({ subject: "", scopes: new Set(scopes) }),
    toError,
    limits: options.rpcLimits ?? {},
    corsOrigins: options.corsOrigins ?? [],
    logger: logs.logger,
    ...(options.observe !== undefined && { observe: options.observe }),
  });
  const listener = await startListener({
    host: "127.0.0.1",
    port: 0,
    ...(tls !== undefined && { tls }),
    handle: options.handle ?? rpc.handle,
    onDrain: (phase) => rpc.drain(phase),
    limits: { flushMs: 200, ...options.limits },
    logger: logs.logger,
  });
  const { port } = listener;
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  return { listener, port, url, ca: tls?.cert, seen, logs };
}

async function authenticate(authorization: string | undefined) {
  if (authorization === undefined) throw new ConnectError("missing bearer token", Code.Unauthenticated);
  const token = authorization.replace(/^bearer /i, "");
  const scope = scopes.find((one) => one === token);
  if (token !== "good" && scope === undefined) throw new ConnectError("invalid token", Code.Unauthenticated);
  return { subject: "tester", scopes: new Set<Scope>(scope === undefined ? ["admin"] : [scope]) };
}

interface Fixtures {
  /** Starts servers that are stopped when the test ends. */
  readonly start: (options?: TestServerOptions) => Promise<TestServer>;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  start: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    await use(async (options = {}) => {
      const server = await startTestServer(options);
      stack.use(server.listener);
      return server;
    });
  },
});
