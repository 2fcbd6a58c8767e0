// SPDX-License-Identifier: MIT
import { createLogger } from "@repo/logging";
import { waitFor } from "@repo/testkit";
import { rsaKeys } from "@repo/testkit/lfx-v1";
import { type LfxV2, startLfxV2 } from "@repo/testkit/lfx-v2";
import { type RestartableNats, startRestartableNats } from "@repo/testkit/nats";
import { exportJWK, importSPKI } from "jose";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { createAuthors } from "../../../src/identity/authors.ts";
import { createV2Tokens } from "../../../src/identity/v2-tokens.ts";
import { createObjectTypes } from "../../../src/kinds/object-types.ts";
import { createMappings, type Mappings } from "../../../src/mappings/mappings.ts";
import type { Bucket } from "../../../src/nats/bucket.ts";
import { connectNats } from "../../../src/nats/connect-nats.ts";
import { apiErrorCodes, askApi, JetStreamApiError } from "../../../src/nats/jetstream-api.ts";
import { objectsStream } from "../../../src/nats/names.ts";
import type { NatsLink } from "../../../src/nats/nats-link.ts";
import { openBucket } from "../../../src/nats/open-bucket.ts";
import { createWorld } from "../../../src/operate/serve/open-v2.ts";
import { createV2Services } from "../../../src/services/v2-services.ts";
import { createDeleteWindow } from "../../../src/state/delete-window.ts";
import type { ObjectState } from "../../../src/state/object-state.ts";
import { createObjectStates, type ObjectStates } from "../../../src/state/object-states.ts";
import { createSlugLocks } from "../../../src/state/slug-locks.ts";
import { createEngine, type Engine } from "../../../src/sync/engine.ts";
import type { ObjectEvent } from "../../../src/sync/events.ts";
import type { Ports, Rules } from "../../../src/sync/ports.ts";
import { createSource } from "../../../src/sync/source.ts";
import { makeBucket } from "../../support/nats-tools.ts";

/** NATS, v2 and as many instances of the engine as a test wants; everything but time is real. */
export interface Rig extends AsyncDisposable {
  readonly nats: RestartableNats;
  readonly v2: LfxV2;
  /** For looking and writing as v1 and operators do. */
  readonly objects: Bucket;
  readonly stateBucket: Bucket;
  readonly states: ObjectStates;
  readonly mappings: Mappings;
  readonly link: NatsLink;
  readonly startInstance: (options?: InstanceOptions) => Promise<Instance>;
  /** Writes a record as v1's extraction does. @returns its revision */
  readonly put: (key: string, columns: object) => Promise<number>;
  readonly state: (key: string) => Promise<ObjectState | undefined>;
  /** Waits until every key that was put is done at its newest revision. */
  readonly settled: (options?: { readonly deadlineMs?: number }) => Promise<void>;
}

export interface InstanceOptions {
  readonly claimMs?: number;
  readonly requestTimeoutMs?: number;
  readonly createSettleMs?: number;
  readonly maxInFlight?: number;
  readonly maxDeletes?: number;
  readonly deletePolicy?: "delete" | "ignore";
  readonly drainMs?: number;
  /**
   * How many times faster the engine's time runs than the machine's; its claims, settling times and waits are in its own
   * time. Default 1.
   */
  readonly speed?: number;
  /** Changes what the engine works with, e.g. to let a call fail. */
  readonly change?: (ports: Ports) => Ports;
  readonly changeStates?: (states: ObjectStates) => ObjectStates;
}

export interface Instance {
  readonly engine: Engine;
  readonly link: NatsLink;
  readonly events: readonly ObjectEvent[];
  readonly defects: readonly string[];
  readonly leftovers: readonly string[];
  /** Ends as on SIGTERM. */
  readonly stop: () => Promise<void>;
  /** Ends as on SIGKILL: nothing more is sent, nothing is given back. */
  readonly kill: () => Promise<void>;
}

export const objectsConsumer = "v1-sync-helper-kv-consumer";
const advisoriesStream = "v1-sync-advisories";
const nanos = 1_000_000;

export interface RigOptions {
  /** Of the shared consumer; milliseconds, default 2000. */
  readonly ackWaitMs?: number;
}

export async function startRig({ ackWaitMs = 2000 }: RigOptions = {}): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const { publicKey, privateKey } = await rsaKeys("heimdall");
  const jwk = await exportJWK(await importSPKI(publicKey, "PS256"));
  const jwks = { keys: [{ ...jwk, kid: "one", alg: "PS256", use: "sig" }] };
  const nats = stack.use(await startRestartableNats());
  for (const name of ["v1-objects", "v1-mappings", "v1-sync-state"]) {
    await makeBucket(nats.url, name, { history: 1 });
  }
  // A server of its own: what the stand-ins keep in their buckets does not survive a crash of NATS.
  const v2Nats = stack.use(await startRestartableNats());
  const v2 = stack.use(await startLfxV2({ jwks, nats: v2Nats.url, buckets: true }));
  const link = stack.adopt(await connectNats({ url: nats.url, name: "rig" }), (own) => own.drain(500));
  await ensureAdvisories(link);
  const objects = openBucket(link, "v1-objects");
  const stateBucket = openBucket(link, "v1-sync-state");
  const states = createObjectStates(stateBucket);
  const newest = new Map<string, number>();
  // Instances end before what they work with.
  const owned = stack.move();

  async function startInstance(options: InstanceOptions = {}): Promise<Instance> {
    const parts = new AsyncDisposableStack();
    const own = parts.adopt(await connectNats({ url: nats.url, name: "instance" }), (each) =>
      each.drain(500),
    );
    const v2Link = parts.adopt(await connectNats({ url: v2Nats.url, name: "instance" }), (each) =>
      each.drain(500),
    );
    const tokens = parts.use(
      createV2Tokens({
        privateKey,
        keyId: "one",
        jwksUrl: new URL("http://127.0.0.1:9/"),
        clock: systemClock,
        logger: createLogger({ name: "test", version: "0", level: "error" }),
      }),
    );
    const authors = createAuthors("v1_sync_helper", async (id) => people.get(id));
    const services = parts.use(
      createV2Services({
        projectServiceUrl: v2.projectUrl,
        committeeServiceUrl: v2.committeeUrl,
        auth: tokens,
        reader: authors.self,
        link: v2Link,
        committees: openBucket(v2Link, "committees"),
        committeeMembers: openBucket(v2Link, "committee-members"),
        requestTimeoutMs: options.requestTimeoutMs ?? 1000,
      }),
    );
    const mappings = createMappings(openBucket(own, "v1-mappings"));
    const bucket = openBucket(own, "v1-sync-state");
    const ownStates = (options.changeStates ?? ((same) => same))(createObjectStates(bucket));
    const known = { person: async (id: string) => people.get(id), organization: async () => undefined };
    const world = createWorld(services, known, mappings);
    const events: ObjectEvent[] = [];
    const defects: string[] = [];
    const leftovers: string[] = [];
    const { speed = 1 } = options;
    const clock = fastClock(speed);
    const ports: Ports = {
      clock,
      random: Math.random,
      source: createSource(own),
      mappings,
      world,
      // In the engine's time, like the claims that have to cover it.
      services: { ...services, longestSendMs: services.longestSendMs * speed },
      authors,
      types: createObjectTypes({ allowlists: { projects: new Set(), families: new Set() } }),
      slugLocks: createSlugLocks(bucket, ownStates),
      deleteWindow: createDeleteWindow(bucket, { maxPerHour: options.maxDeletes ?? 1000, clock }),
      events: {
        object: (event) => events.push(event),
        defect: (error, context) => defects.push(`${context.key} ${context.doing}: ${String(error)}`),
        leftovers: (_, uids) => leftovers.push(...uids),
        trouble: () => {},
      },
    };
    const rules: Rules = {
      createSettleMs: options.createSettleMs ?? 3000 * speed,
      deletePolicy: options.deletePolicy ?? "delete",
      ownEditor: "own-client@clients",
    };
    const engine = createEngine({
      link: own,
      states: ownStates,
      ports: (options.change ?? ((same) => same))(ports),
      rules,
      objects: { consumer: objectsConsumer, prepare: () => ensureObjectsConsumer(own, ackWaitMs) },
      advisories: { stream: advisoriesStream, consumer: advisoriesStream, prepare: async () => none },
      claimMs: options.claimMs ?? 3000 * speed,
      maxInFlight: options.maxInFlight ?? 50,
      maxDeliveries: 3,
      othersDelayMs: 50 * speed,
      drainMs: options.drainMs ?? 5000 * speed,
    });
    const ending = new AbortController();
    const running = engine.run(ending.signal);
    const end = owned.use({
      ended: false,
      async [Symbol.asyncDispose]() {
        if (this.ended) return;
        this.ended = true;
        ending.abort();
        await running;
        await parts.disposeAsync();
      },
    });
    return {
      engine,
      link: own,
      events,
      defects,
      leftovers,
      stop: () => end[Symbol.asyncDispose](),
      kill: async () => {
        end.ended = true;
        await own.drain(0);
        ending.abort();
        await parts.disposeAsync();
      },
    };
  }

  const rig = {
    nats,
    v2,
    objects,
    stateBucket,
    states,
    link,
    mappings: createMappings(openBucket(link, "v1-mappings")),
    startInstance,
    async put(key: string, columns: object) {
      const revision = await objects.put(key, JSON.stringify(columns));
      newest.set(key, revision);
      return revision;
    },
    state: async (key: string) => (await states.read(key)).state,
    async settled({ deadlineMs = 30_000 } = {}) {
      await waitFor(
        async () => {
          const open = await Promise.all(
            [...newest].map(async ([key, revision]) => {
              const { state } = await states.read(key);
              const isDone = state?.status === "done" && (state.applied?.revision ?? 0) >= revision;
              return isDone ? [] : [`${key} at ${revision} is ${JSON.stringify(state)}`];
            }),
          );
          if (open.flat().length > 0) throw new Error(open.flat().slice(0, 4).join("\n"));
          return true;
        },
        { deadlineMs, everyMs: 50, what: "every object to be done" },
      );
    },
  };
  return { ...rig, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The machines of all instances show the same time. */
const startMs = Date.now();

function fastClock(speed: number): Clock {
  if (speed === 1) return systemClock;
  return {
    epochMs: () => startMs + (Date.now() - startMs) * speed,
    monotonicMs: () => systemClock.monotonicMs() * speed,
    wait: (ms, signal) => systemClock.wait(ms / speed, signal),
  };
}

const people = new Map([["0034100001XyZaaAAF", { username: "jane", email: "jane@example.org" }]]);
const none = { problems: [], warnings: [] };

async function ensureObjectsConsumer(link: NatsLink, ackWaitMs: number) {
  try {
    await askApi(link, `CONSUMER.INFO.${objectsStream}.${objectsConsumer}`);
    return none;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.errorCode !== apiErrorCodes.consumerNotFound)
      throw error;
  }
  await askApi(link, `CONSUMER.DURABLE.CREATE.${objectsStream}.${objectsConsumer}`, {
    stream_name: objectsStream,
    config: {
      durable_name: objectsConsumer,
      filter_subject: "$KV.v1-objects.>",
      ack_policy: "explicit",
      deliver_policy: "last_per_subject",
      max_deliver: 3,
      ack_wait: ackWaitMs * nanos,
      max_ack_pending: 1000,
    },
  });
  return none;
}

async function ensureAdvisories(link: NatsLink): Promise<void> {
  await askApi(link, `STREAM.CREATE.${advisoriesStream}`, {
    name: advisoriesStream,
    subjects: [`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${objectsStream}.${objectsConsumer}`],
    max_bytes: 1024 * 1024,
  });
  await askApi(link, `CONSUMER.DURABLE.CREATE.${advisoriesStream}.${advisoriesStream}`, {
    stream_name: advisoriesStream,
    config: { durable_name: advisoriesStream, ack_policy: "explicit", ack_wait: 5000 * nanos },
  });
}
