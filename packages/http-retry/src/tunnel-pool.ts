// SPDX-License-Identifier: Apache-2.0
import { type Dispatcher, Pool } from "undici";

/** A proxy that would not open a tunnel. `status` tells `classifyFailure` whether a repeat can help. */
class ProxyRefusal extends Error {
  override readonly name: string = "ProxyRefusal";
  readonly status: number;

  constructor(status: number) {
    super(
      status === 407
        ? "the proxy wants other credentials (407): put user:password@ into its URL"
        : `the proxy would not open a tunnel (it answered ${status})`,
    );
    this.status = status;
  }
}

type ConnectOptions = Omit<Dispatcher.ConnectOptions, "origin">;
type ConnectCallback = (error: Error | null, data: Dispatcher.ConnectData) => void;

/** undici's own ProxyAgent states the status of a refused tunnel only in the text of a message. */
class TunnelPool extends Pool {
  override connect(options: ConnectOptions): Promise<Dispatcher.ConnectData>;
  override connect(options: ConnectOptions, callback: ConnectCallback): void;
  override connect(
    options: ConnectOptions,
    callback?: ConnectCallback,
  ): Promise<Dispatcher.ConnectData> | void {
    return callback === undefined
      ? super.connect(options).then(checkTunnel)
      : super.connect(options, callback);
  }
}

function checkTunnel(data: Dispatcher.ConnectData): Dispatcher.ConnectData {
  if (data.statusCode === 200) return data;
  data.socket.on("error", () => undefined).destroy();
  throw new ProxyRefusal(data.statusCode);
}

/** Connections to a proxy at `origin`, which fail with an error that has the `status` where it opens no tunnel. */
export function createTunnelPool(origin: URL, options: object): Dispatcher {
  return new TunnelPool(origin, options);
}
