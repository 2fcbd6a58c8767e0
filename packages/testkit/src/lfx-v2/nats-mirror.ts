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

/** The buckets that clients of the services read. */
const mirrored: ReadonlySet<BucketName> = new Set(["projects", "committees", "committee-members"]);

const deletion = headers();
deletion.set("KV-Operation", "DEL");

/**
 * Makes the buckets, if they are missing, and writes into them what it is told of.
 *
 * All writes share one reply subject, which costs a tenth of a request each.
 */
export async function startMirror(connection: NatsConnection, maxBytes: number): Promise<Mirror> {
  const kvm = new Kvm(connection);
  for (const name of mirrored) await kvm.create(name, { max_bytes: maxBytes, history: 1 });
  const inbox = createInbox();
  const outstanding = new Set<number>();
  let last = 0;
  let failure: Error | undefined;
  let waiting: {
    readonly upTo: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  const settle = (): void => {
    const [oldest = Number.POSITIVE_INFINITY] = outstanding;
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
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) return fail(error.message);
      outstanding.delete(Number(message.subject.slice(inbox.length + 1)));
      const text = message.string();
      if (text === "" || text.includes('"error"')) fail(`A bucket of the stand-in refused a write: ${text}`);
      else settle();
    },
  });
  void connection.closed().then(() => fail("The connection of the stand-in's buckets is closed."));

  return {
    onWrite: (bucket, key, value) => {
      if (!mirrored.has(bucket)) return;
      last += 1;
      outstanding.add(last);
      const text = typeof value === "object" ? JSON.stringify(value) : value;
      connection.publish(`$KV.${bucket}.${key}`, text ?? "", {
        reply: `${inbox}.${last}`,
        ...(value === undefined && { headers: deletion }),
      });
    },
    settled: () => {
      if (failure !== undefined) return Promise.reject(failure);
      if (outstanding.size === 0) return Promise.resolve();
      return new Promise((resolve, reject) => waiting.push({ upTo: last, resolve, reject }));
    },
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
}
