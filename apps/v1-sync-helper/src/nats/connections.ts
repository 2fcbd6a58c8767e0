// SPDX-License-Identifier: MIT
import { connect, errors, type NatsConnection, type Status } from "@nats-io/transport-node";
import { retryWaitMs } from "@repo/http-retry";
import type { Logger } from "@repo/logging";
import type { Clock } from "../clock.ts";
import type { LinkEvent, LinkStatus, Refusal } from "./nats-link.ts";
import { outboxOf } from "./outbox.ts";
import { RequestMux } from "./request-mux.ts";
import type { NatsServers } from "./servers.ts";
import { whyNot } from "./why-not.ts";

export interface ConnectionsOptions {
  readonly servers: NatsServers;
  readonly name: string;
  readonly pingIntervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

/** How long one try to connect may take. */
const connectTimeoutMs = 5_000;

const backoff = { baseMs: 250, maxWaitMs: 5_000 };

/**
 * Keeps a connection to NATS. The client reconnects by itself once it was connected; the first connect is tried here,
 * because the client's own loop (`waitOnFirstConnect`) cannot be stopped and does not say why it fails. A connection
 * that the client gives up is replaced.
 */
export class Connections {
  onEvent: (event: LinkEvent, refusal?: Refusal) => void = () => {};
  readonly #options: ConnectionsOptions;
  readonly #stopped = new AbortController();
  #reason: string | undefined;
  #connection: NatsConnection | undefined;
  #mux: RequestMux | undefined;
  #first = Promise.withResolvers<NatsConnection>();
  #usable = Promise.withResolvers<RequestMux>();
  #isConnected = false;
  #failures = 0;
  /** The last error that the server reported. */
  #said: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#reason = `There is no connection to NATS at ${options.servers.shown} yet.`;
  }

  start(): void {
    this.#running = this.#run();
  }

  status(): LinkStatus {
    if (this.#isConnected || this.#reason === undefined) return { connected: this.#isConnected };
    return { connected: false, reason: this.#reason };
  }

  /** The connection, when there is or once there is one. */
  readonly first = (): Promise<NatsConnection> => this.#first.promise;

  /** `undefined` while there is no connection. */
  get usable(): RequestMux | undefined {
    return this.#isConnected ? this.#mux : undefined;
  }

  /** `undefined` when there is still no connection after `ms`. */
  async waitUntilUsable(ms: number): Promise<RequestMux | undefined> {
    if (this.#stopped.signal.aborted) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), ms);
    try {
      return await Promise.race([this.#usable.promise, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#stopped.abort(new Error("the connection to NATS is being closed"));
    const connection = this.#connection;
    if (connection !== undefined) await drainWithin(connection, deadlineMs);
    // A try to connect that is under way ends by its own time-out; nobody has to wait for it.
    if (connection !== undefined) await this.#running;
    this.#lost("The connection to NATS is closed.");
    this.onEvent("drained");
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const connection = await this.#connect();
      if (connection === undefined) return;
      await this.#keep(connection);
      this.#connection = undefined;
      if (signal.aborted) return;
      this.#first = Promise.withResolvers();
    }
  }

  async #connect(): Promise<NatsConnection | undefined> {
    const { signal } = this.#stopped;
    const { servers, name, pingIntervalMs, clock, logger } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const connection = await connect({
          ...servers.options,
          name,
          timeout: connectTimeoutMs,
          pingInterval: pingIntervalMs,
          maxPingOut: 2,
          maxReconnectAttempts: -1,
          ignoreAuthErrorAbort: true,
          reconnectDelayHandler: () => 50 + retryWaitMs(this.#failures, backoff),
          // Stacks of callers for every request cost more than the request.
          noAsyncTraces: true,
        });
        if (!signal.aborted) return connection;
        await connection.close();
      } catch (error) {
        this.#reason = `There is no connection to NATS at ${servers.shown}: ${whyNot(error)}.`;
        if (attempt === 1 || attempt % 20 === 0) {
          logger?.warn({ attempt }, `${this.#reason} It is tried again and again.`);
        }
        const waitMs = 50 + retryWaitMs(attempt, backoff);
        await clock.wait(waitMs, signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Follows a connection until it is closed. */
  async #keep(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    this.#mux = new RequestMux(connection);
    this.#first.resolve(connection);
    const stuck = new StuckGuard(connection);
    // Listened to before anything can happen to it.
    const events = connection.status();
    this.#found();
    for await (const event of events) {
      stuck.saw(event);
      this.#handle(event);
    }
    stuck.stop();
    await connection.closed();
    this.#lost(`The connection to NATS at ${this.#options.servers.shown} was closed.`);
  }

  #handle(event: Status): void {
    const { shown } = this.#options.servers;
    const { logger } = this.#options;
    switch (event.type) {
      case "disconnect":
        // Tries to connect again that fail end in it too, and have said why.
        if (!this.#isConnected) break;
        this.#lost(`The connection to NATS at ${shown} broke; it is being made again.`);
        logger?.warn({}, this.#reason);
        break;
      case "reconnecting":
        this.#failures++;
        break;
      case "reconnect":
        this.#found();
        logger?.info({}, `The connection to NATS at ${shown} is back.`);
        break;
      case "staleConnection":
        this.#lost(`NATS at ${shown} does not answer pings any more; the connection is being made again.`);
        logger?.warn({}, this.#reason);
        break;
      case "error":
        this.#serverSays(event.error);
        break;
      case "ldm":
        logger?.info({}, `A server of NATS at ${shown} is about to shut down.`);
        break;
      default:
    }
  }

  #serverSays(error: Error): void {
    // The same refusal comes again with every try.
    if (error.message !== this.#said) this.#options.logger?.warn({ error }, "NATS reports an error.");
    this.#said = error.message;
    if (error instanceof errors.PermissionViolationError) {
      const verb = error.operation === "publish" ? "publish to" : "subscribe to";
      const message = `NATS does not allow this user to ${verb} ${error.subject}.`;
      this.#mux?.failSubject(error.subject, message);
      return this.onEvent("error", { subject: error.subject, message });
    }
    if (!this.#isConnected) {
      this.#reason = `There is no connection to NATS at ${this.#options.servers.shown}: ${whyNot(error)}.`;
    }
    this.onEvent("error");
  }

  #found(): void {
    this.#failures = 0;
    this.#isConnected = true;
    this.#reason = undefined;
    this.#said = undefined;
    if (this.#mux !== undefined) this.#usable.resolve(this.#mux);
    this.onEvent("connected");
  }

  #lost(reason: string): void {
    this.#reason = reason;
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#usable = Promise.withResolvers();
    this.#mux?.failAll(reason);
    this.onEvent("disconnected");
  }
}

/**
 * Closes a connection that the client cannot give up by itself: it first waits until what it wrote has left the
 * process, which never happens when the network is gone and the socket's buffer is full.
 */
class StuckGuard {
  readonly #connection: NatsConnection;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  saw(event: Status): void {
    if (event.type === "staleConnection") {
      this.#timer = setTimeout(() => void this.#connection.close(), 1_000);
    } else if (event.type === "disconnect") {
      this.stop();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function drainWithin(connection: NatsConnection, deadlineMs: number): Promise<void> {
  if (connection.isClosed()) return;
  outboxOf(connection).flush();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, deadlineMs);
  try {
    // A drain ends badly when the connection breaks meanwhile; then there is nothing left to send.
    await Promise.race([connection.drain().catch(() => {}), promise]);
  } finally {
    clearTimeout(timer);
    await connection.close();
  }
}
