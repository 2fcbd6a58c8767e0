// SPDX-License-Identifier: Apache-2.0
import { Kvm } from "@nats-io/kv";
import { createInbox, headers, type NatsConnection } from "@nats-io/transport-node";
import type { BucketName, OnBucketWrite } from "./bucket.ts";

/** Real buckets that follow the stand-in's own. */
export interface Mirror extends Disposable {
  readonly onWrite: OnBucketWrite;
  /** Resolves when the server has taken all that was written until now. */
  readonly settled: () => Promise<void>;
}

interface MirroredWrite {
  readonly subject: string;
  /** `undefined`: a deletion. */
  readonly value: string | undefined;
}

/** The buckets that clients of the services read. */
const mirrored: ReadonlySet<BucketName> = new Set(["projects", "committees", "committee-members"]);

const deletion = headers();
deletion.set("KV-Operation", "DEL");

const soonMs = 100;
/** Answers in a row that nobody is there; each write that waits gets one in that time. */
const maxUnheard = 10_000;

async function followReconnects(connection: NatsConnection, onReconnect: () => void): Promise<void> {
  for await (const { type } of connection.status()) if (type === "reconnect") onReconnect();
}

/**
 * Makes the buckets, if they are missing, and writes into them what it is told of; again, when NATS was away.
 *
 * All writes share one reply subject, which costs a tenth of a request each.
 */
export async function startMirror(connection: NatsConnection, maxBytes: number): Promise<Mirror> {
  const kvm = new Kvm(connection);
  for (const name of mirrored) await kvm.create(name, { max_bytes: maxBytes, history: 1 });
  const inbox = createInbox();
  /** What the server has not taken yet, by number. */
  const outstanding = new Map<number, MirroredWrite>();
  /** The newest write of each key of those. */
  const newest = new Map<string, number>();
  let last = 0;
  let failure: Error | undefined;
  let waiting: {
    readonly upTo: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  const settle = (): void => {
    const [oldest = Number.POSITIVE_INFINITY] = outstanding.keys();
    const isOver = ({ upTo }: { readonly upTo: number }) => upTo < oldest || failure !== undefined;
    const over = waiting.filter(isOver);
    waiting = waiting.filter((each) => !isOver(each));
    for (const { resolve, reject } of over) {
      if (failure === undefined) resolve();
      else reject(failure);
    }
  };
  const fail = (message: string): void => {
    failure ??= new Error(message);
    settle();
  };
  const send = (number: number, { subject, value }: MirroredWrite): void =>
    connection.publish(subject, value ?? "", {
      reply: `${inbox}.${number}`,
      ...(value === undefined && { headers: deletion }),
    });
  const taken = (number: number): void => {
    const subject = outstanding.get(number)?.subject;
    outstanding.delete(number);
    if (subject !== undefined && newest.get(subject) === number) newest.delete(subject);
  };
  /** What went down with a connection or a server; of a key that was written again, the newest only. */
  const sendAgain = (): void => {
    for (const [number, write] of outstanding) {
      if (newest.get(write.subject) === number) send(number, write);
      else taken(number);
    }
    settle();
  };
  let again: NodeJS.Timeout | undefined;
  let unheard = 0;
  /** A server that starts or stops takes connections while it has no streams. */
  const sendAgainSoon = (): void => {
    unheard += 1;
    if (unheard > maxUnheard) return fail("The stand-in's buckets are gone from NATS.");
    again ??= setTimeout(() => {
      again = undefined;
      sendAgain();
    }, soonMs);
  };
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) return fail(error.message);
      if (message.headers?.code === 503) return sendAgainSoon();
      unheard = 0;
      taken(Number(message.subject.slice(inbox.length + 1)));
      const text = message.string();
      if (text === "" || text.includes('"error"')) fail(`A bucket of the stand-in refused a write: ${text}`);
      else settle();
    },
  });
  void connection.closed().then(() => fail("The connection of the stand-in's buckets is closed."));
  void followReconnects(connection, sendAgain);

  return {
    onWrite: (bucket, key, value) => {
      if (!mirrored.has(bucket)) return;
      last += 1;
      const text = typeof value === "object" ? JSON.stringify(value) : value;
      const write = { subject: `$KV.${bucket}.${key}`, value: text };
      outstanding.set(last, write);
      newest.set(write.subject, last);
      send(last, write);
    },
    settled: () => {
      if (failure !== undefined) return Promise.reject(failure);
      if (outstanding.size === 0) return Promise.resolve();
      return new Promise((resolve, reject) => waiting.push({ upTo: last, resolve, reject }));
    },
    [Symbol.dispose]: () => {
      clearTimeout(again);
      subscription.unsubscribe();
    },
  };
}
