// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { type Server } from "node:net";
import { test as base } from "vitest";
import { PreflightError, type PreflightOptions, preflight } from "../../src/preflight/index.ts";
import type { Side } from "../../src/side.ts";
import {
  DEFAULT_CREDENTIALS,
  type FaultRule,
  type FaultS3,
  type FaultS3Options,
  LISTINGS,
  putText,
  startFaultS3,
} from "../fault-s3/index.ts";

type Role = Side["role"];
export type Changes = Partial<Omit<Side, "role">>;

export function sideAt(role: Role, endpoint: string, changes: Changes = {}): Side {
  return {
    role,
    endpoint: new URL(endpoint),
    bucket: role === "source" ? "src" : "dst",
    prefix: "",
    region: "",
    provider: "Other",
    pathStyle: true,
    credentials: DEFAULT_CREDENTIALS,
    ...changes,
  };
}

interface World {
  /** A healthy server with one object in `src` and an empty `dst`. */
  readonly healthy: FaultS3;
  start(options?: FaultS3Options): Promise<FaultS3>;
  /** Checks both sides; what is not given is at the healthy server. */
  check(options: Partial<PreflightOptions>): ReturnType<typeof preflight>;
  /** The error of a source at this endpoint. */
  sourceError(
    endpoint: string,
    changes?: Changes,
    options?: Partial<PreflightOptions>,
  ): Promise<PreflightError>;
  listen(server: Server): Promise<number>;
}

export const test = base.extend<{ world: World }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  world: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    const start = async (options?: FaultS3Options): Promise<FaultS3> => {
      const server = stack.use(await startFaultS3({ buckets: ["src", "dst"], ...options }));
      putText(server.store, "src", "one", "1");
      return server;
    };
    const healthy = await start();
    const check: World["check"] = (options) =>
      preflight({
        source: sideAt("source", healthy.endpoint),
        destination: sideAt("destination", healthy.endpoint),
        isDryRun: false,
        createDestinationBucket: false,
        insecureSkipVerify: false,
        signal: new AbortController().signal,
        ...options,
      });
    const sourceError: World["sourceError"] = (endpoint, changes, options) =>
      errorOf(check({ source: sideAt("source", endpoint, changes), ...options }));
    const listen: World["listen"] = async (server) => {
      stack.defer(() => void server.close());
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    };
    await use({ healthy, start, check, sourceError, listen });
  },
});

export async function errorOf(outcome: Promise<unknown>): Promise<PreflightError> {
  const error: unknown = await outcome.then(
    () => new Error("pre-flight found nothing wrong"),
    (reason: unknown) => reason,
  );
  if (error instanceof PreflightError) return error;
  throw error;
}

export const SECRETS = [
  DEFAULT_CREDENTIALS.accessKeyId,
  DEFAULT_CREDENTIALS.secretAccessKey,
  "wrong-key",
  "wrong-secret",
  "top-token",
];

export function listingFault(fault: FaultRule["fault"]): FaultRule[] {
  return [{ operation: [...LISTINGS], fault }];
}

export function answering(status: number, body: string, headers: Record<string, string> = {}): FaultRule[] {
  return [{ fault: { kind: "answer", status, body, headers } }];
}
