// SPDX-License-Identifier: MIT
import { connect } from "@nats-io/transport-node";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { Feed } from "../../src/nats/feed.ts";
import { startScriptedNats } from "../support/scripted-nats.ts";

/** A feed from a server that says what a healthy one never does. */
async function setUp(onTestFinished: (close: () => PromiseLike<void>) => void) {
  const server = await startScriptedNats();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const connection = await connect({ servers: server.url, reconnect: false });
  onTestFinished(() => connection.close());
  const told = { sequences: [] as number[], idle: 0 };
  const feed = new Feed(
    connection,
    (_, { streamSequence }) => void told.sequences.push(streamSequence),
    () => void told.idle++,
  );
  await connection.flush();
  return {
    server,
    feed,
    connection,
    told,
    message: (consumerSequence: number, streamSequence: number): void => {
      const reply = `$JS.ACK.KV_b.watch.1.${streamSequence}.${consumerSequence}.1795285516026211597.3`;
      server.send(feed.subject, { reply, data: "value" });
    },
    control: (headers: string, reply?: string) =>
      server.send(feed.subject, { headers, ...(reply === undefined ? {} : { reply }) }),
  };
}

test("ends at a gap and tells nothing behind it", async ({ expect, onTestFinished }) => {
  const { feed, told, message } = await setUp(onTestFinished);
  message(1, 10);
  message(2, 20);
  message(4, 40);
  message(5, 50);
  expect(await feed.ended).toBe("a message is missing");
  feed[Symbol.dispose]();
  expect(told.sequences).toEqual([10, 20]);
});

test("learns from a heartbeat that nothing more is there, or that a message is missing", async ({
  expect,
  onTestFinished,
}) => {
  const { feed, told, message, control } = await setUp(onTestFinished);
  message(1, 10);
  control(" 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\nNats-Last-Stream: 10");
  await waitFor(() => told.idle === 1, { what: "the heartbeat" });
  control(" 100 Idle Heartbeat\r\nNats-Last-Consumer: 2\r\nNats-Last-Stream: 20");
  expect(await feed.ended).toBe("a message is missing");
  expect(told.idle).toBe(1);
});

test("answers a server that asks whether it keeps up", async ({ expect, onTestFinished }) => {
  const { feed, server, told, message, control } = await setUp(onTestFinished);
  message(1, 10);
  control(" 100 FlowControl Request", "flow.asked");
  control(" 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\nNats-Consumer-Stalled: flow.stalled");
  await waitFor(() => server.published.length === 2, { what: "the answers" });
  expect(server.published).toEqual(["flow.asked", "flow.stalled"]);
  expect(told.sequences).toEqual([10]);
  // Stalled is not idle: there is more to come.
  expect(told.idle).toBe(0);
  feed[Symbol.dispose]();
});

test("ends with what the server says", async ({ expect, onTestFinished }) => {
  const { feed, control } = await setUp(onTestFinished);
  control(" 409 Consumer Deleted");
  expect(await feed.ended).toBe("Consumer Deleted");
});

test("ends when nothing is heard of the consumer", { timeout: 60_000 }, async ({
  expect,
  onTestFinished,
}) => {
  const { feed } = await setUp(onTestFinished);
  expect(await feed.ended).toBe("the consumer is silent");
});

test("ends with the connection, and by its owner", async ({ expect, onTestFinished }) => {
  const { feed, connection } = await setUp(onTestFinished);
  await connection.close();
  expect(await feed.ended).toBe("the subscription was closed");
  const other = await setUp(onTestFinished);
  other.feed[Symbol.dispose]();
  expect(await other.feed.ended).toBe("it is not listened to any more");
});
