// SPDX-License-Identifier: MIT
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { type ConnectNatsOptions, connectNats } from "../../src/nats/connect-nats.ts";
import type { NatsLink } from "../../src/nats/nats-link.ts";

/** A link that is closed at the end of the test. */
export async function linkTo(
  url: string,
  onTestFinished: (close: () => Promise<void>) => void,
  options: Partial<ConnectNatsOptions> = {},
): Promise<NatsLink> {
  const link = await connectNats({ url, name: "test", ...options });
  onTestFinished(() => link.drain(2_000));
  return link;
}

/** Makes a small bucket, as another program would. */
export async function makeBucket(url: string, name: string, options: object = {}): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    await new Kvm(connection).create(name, { history: 5, max_bytes: 20 * 1024 * 1024, ...options });
  } finally {
    await connection.close();
  }
}
