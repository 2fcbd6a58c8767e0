// SPDX-License-Identifier: MIT
import type { NatsConnection } from "@nats-io/transport-node";
import type { LfxV1 } from "@repo/testkit/lfx-v1";
import type { LfxV2 } from "@repo/testkit/lfx-v2";
import { type RestartableNats, startRestartableNats } from "@repo/testkit/nats";
import { bucketSizes, startStandIns } from "../support/stand-ins.ts";
import { organizations, users } from "./people.ts";

/** All that the program talks to: NATS, which goes away at times, and strict stand-ins of the services. */
export interface Platform extends AsyncDisposable {
  readonly nats: RestartableNats;
  /** The campaign's own, which waits for NATS as long as it takes. */
  readonly connection: NatsConnection;
  readonly v1: LfxV1;
  readonly v2: LfxV2;
  /** Of an instance, without its addresses. */
  readonly env: Readonly<Record<string, string>>;
}

/** Times of the program under test, in seconds: small, so that minutes show what takes hours. */
export const claimSeconds = 4;
export const settleSeconds = 4;
export const requestTimeoutSeconds = 1;

const bucketBytes = 64 * 2 ** 20;

export async function startPlatform(): Promise<Platform> {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startRestartableNats());
  const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50, noAsyncTraces: true };
  const connection = stack.adopt(await nats.connect(patient), (own) => own.close());
  const { v1, v2, env } = stack.use(
    await startStandIns({ nats: connection, clientId: "chaos", v2: { buckets: { maxBytes: bucketBytes } } }),
  );
  for (const [id, user] of users) v1.users.set(id, { ...user });
  for (const [id, organization] of organizations) v1.organizations.set(id, { ...organization });
  const owned = stack.move();
  return {
    nats,
    connection,
    v1,
    v2,
    env: {
      ...env,
      CLAIM_SECONDS: String(claimSeconds),
      CREATE_SETTLE_SECONDS: String(settleSeconds),
      REQUEST_TIMEOUT_SECONDS: String(requestTimeoutSeconds),
      USER_CACHE_TTL_SECONDS: "6",
      USER_CACHE_REFRESH_SECONDS: "3",
      MAX_DELETES_PER_HOUR: "100000",
      MAX_IN_FLIGHT: "40",
      ...bucketSizes(bucketBytes),
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
