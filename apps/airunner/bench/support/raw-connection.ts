// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";

/** Bytes of a connection's receive window: a reader that takes all it can get. */
const windowBytes = 16 * 1024 * 1024;

/**
 * A Connect client that costs as little as Node's HTTP/2 allows, so that a benchmark measures the server: requests
 * are serialised beforehand, answers are kept as bytes.
 */
export class RawConnection implements AsyncDisposable {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(server: string, ca: string | undefined): Promise<RawConnection> {
    const session = connect(server, {
      ...(ca !== undefined && { ca }),
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    await once(session, "connect");
    session.setLocalWindowSize(windowBytes);
    return new RawConnection(session);
  }

  /** @returns the response's body @throws {Error} with the body of an answer that is not 200 */
  unary(path: string, body: Uint8Array): Promise<Buffer> {
    const stream = this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/proto",
      "connect-protocol-version": "1",
    });
    stream.end(body);
    return readBody(stream);
  }

  /** Opens a stream of envelopes; with `body` it is half-closed after it. */
  stream(path: string, body?: Uint8Array): ClientHttp2Stream {
    const stream = this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/connect+proto",
      "connect-protocol-version": "1",
      "connect-timeout-ms": "600000",
    });
    if (body !== undefined) stream.end(body);
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = once(this.#session, "close");
    this.#session.destroy();
    await closed;
  }
}

/** The whole body of an answer. */
export function readBody(stream: ClientHttp2Stream): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let status = 0;
  stream.on("response", (headers) => (status = Number(headers[":status"])));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", reject);
  stream.on("end", () => {
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    if (status === 200) resolve(body);
    else reject(new Error(`HTTP ${status}: ${body.toString()}`));
  });
  return promise;
}

/** Runs `operations` numbered calls, `concurrency` at a time. */
export async function inParallel(
  operations: number,
  concurrency: number,
  run: (index: number, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (number: number): Promise<void> => {
    for (let index = next++; index < operations; index = next++) await run(index, number);
  };
  await Promise.all(Array.from({ length: concurrency }, (_, number) => lane(number)));
}
