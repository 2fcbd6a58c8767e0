// SPDX-License-Identifier: Apache-2.0
import { connect, type NatsConnection } from "@nats-io/transport-node";

import { startBackground } from "./background.ts";
import { anyOrganization, Directory, type OrganizationLookup, type Person } from "./directory.ts";
import type { Latency } from "./faults.ts";
import { Faults } from "./faults.ts";
import { startHttpService } from "./http-service.ts";
import { Model } from "./model.ts";
import { type Mirror, startMirror } from "./nats-mirror.ts";
import { startResponders } from "./nats-responders.ts";
import { createRoot } from "./projects.ts";
import type { PublishedMessage, State } from "./state.ts";
import { Store } from "./store.ts";
import { Timers } from "./timers.ts";
import { TokenCheck, type TokenCheckOptions } from "./token-check.ts";
import { WriteLog, type WriteLogOptions } from "./write-log.ts";

export interface LfxV2Options extends TokenCheckOptions {
  /** Milliseconds, or by request; default 0. Changed later by `faults.latency`. */
  readonly latency?: Latency;
  /** What the directory of users knows, by e-mail address; default nobody. */
  readonly people?: Readonly<Record<string, Person>>;
  /** Default: every id that looks like one is an organization's. */
  readonly organizations?: OrganizationLookup;
  readonly record?: WriteLogOptions;
  /** A connection, which stays open, or the URL of a server: the services' look-ups are answered there. */
  readonly nats?: NatsConnection | string;
  /**
   * Keeps the buckets `projects`, `committees` and `committee-members` in that server, for clients that read them: what an
   * answer says is in them before it goes out. `maxBytes` of each, default 16 MiB, is reserved.
   */
  readonly buckets?: boolean | { readonly maxBytes: number };
  /** Publishes there the messages for the index, access control and events. */
  readonly publishes?: boolean;
  /** Told of each of those messages. */
  readonly onMessage?: (message: PublishedMessage) => void;
  /** Milliseconds until the committee service's own writes after a request; default 2. */
  readonly backgroundMs?: number;
}

/** Stand-ins of the two LFX v2 services, in memory. */
export interface LfxV2 extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly projectUrl: string;
  readonly committeeUrl: string;
  /** Of the project ROOT, which exists from the start. */
  readonly rootUid: string;
  readonly model: Model;
  readonly faults: Faults;
  readonly record: WriteLog;
  readonly directory: Directory;
  /** Trusts other keys from now on. */
  readonly setKeys: (jwks: TokenCheckOptions["jwks"]) => void;
  /** Resolves when the committee service has done what it does by itself after requests. */
  readonly settled: () => Promise<void>;
}

/**
 * Starts the project service and the committee service on free ports of 127.0.0.1, as strict as the real ones.
 *
 * Disposal cuts the connections off; what still waits (hanging answers, late commits) is dropped.
 */
export async function startLfxV2(options: LfxV2Options): Promise<LfxV2> {
  await using stack = new AsyncDisposableStack();
  const timers = stack.adopt(new Timers(), (each) => each.end());
  const store = new Store();
  const faults = new Faults(timers);
  faults.latency = options.latency ?? 0;
  const tokens = new TokenCheck(options);
  const connection = await connectionOf(options, stack);
  const mirror = await mirrorOf(options, connection);
  if (mirror !== undefined) {
    stack.use(mirror);
    store.onWrite = mirror.onWrite;
  }
  const rootUid = createRoot(store);
  await mirror?.settled();
  const state: State = {
    store,
    faults,
    log: new WriteLog(options.record),
    directory: new Directory(options.people),
    organizations: options.organizations ?? anyOrganization,
    tokens,
    timers,
    background: startBackground(timers, options.backgroundMs ?? 2),
    mirrored: mirror?.settled,
    publish: publisherOf(options, connection),
  };
  if (connection !== undefined) stack.use(startResponders(connection, state));
  const project = stack.use(await startHttpService("project", state));
  const committee = stack.use(await startHttpService("committee", state));
  // Who asks next shall find the subscriptions.
  await connection?.flush();
  const owned = stack.move();
  return {
    projectUrl: project.url,
    committeeUrl: committee.url,
    rootUid,
    model: new Model(store),
    faults,
    record: state.log,
    directory: state.directory,
    setKeys: (jwks) => tokens.setKeys(jwks),
    settled: async () => {
      await state.background.settled();
      await mirror?.settled();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function connectionOf(
  { nats }: LfxV2Options,
  stack: AsyncDisposableStack,
): Promise<NatsConnection | undefined> {
  if (typeof nats !== "string") return nats;
  return stack.adopt(await connect({ servers: nats }), (own) => own.close());
}

async function mirrorOf(
  { buckets = false }: LfxV2Options,
  connection: NatsConnection | undefined,
): Promise<Mirror | undefined> {
  if (buckets === false) return undefined;
  if (connection === undefined) throw new TypeError("buckets needs nats.");
  return startMirror(connection, typeof buckets === "object" ? buckets.maxBytes : 16 * 1024 * 1024);
}

function publisherOf(
  { publishes = false, onMessage }: LfxV2Options,
  connection: NatsConnection | undefined,
): State["publish"] {
  if (!publishes) return onMessage;
  if (connection === undefined) throw new TypeError("publishes needs nats.");
  return (message) => {
    connection.publish(message.subject, JSON.stringify(message.data));
    onMessage?.(message);
  };
}
