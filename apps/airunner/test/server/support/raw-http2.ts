// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export interface FrameOptions {
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

export function frame(type: number, options: FrameOptions = {}): Buffer {
  const { flags = 0, stream = 0, payload = Buffer.alloc(0) } = options;
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HEADERS of a POST, as literals without a table: HPACK at its plainest. */
export function postHeaders(
  stream: number,
  path: string,
  extra: Readonly<Record<string, string>> = {},
): Buffer {
  const literal = (name: string, value: string): Buffer =>
    Buffer.concat([Buffer.from([0]), text(name), text(value)]);
  const block = Buffer.concat([
    // :method POST and :scheme http of the static table.
    Buffer.from([0x83, 0x86]),
    literal(":path", path),
    literal(":authority", "localhost"),
    ...Object.entries(extra).map(([name, value]) => literal(name, value)),
  ]);
  return frame(frameTypes.headers, { flags: 0x4, stream, payload: block });
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length >= 127) {
    const rest: number[] = [];
    let left = bytes.length - 127;
    for (; left >= 128; left >>= 7) rest.push((left & 127) | 128);
    rest.push(left);
    return Buffer.concat([Buffer.from([127, ...rest]), bytes]);
  }
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** A client that sends whatever it is told to, and keeps what it gets. */
export class RawHttp2 implements Disposable {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  #bytes = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.closed = closeOf(this.socket);
    this.socket.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  /** Preface and empty SETTINGS, then the acknowledgement of the server's. */
  greet(): void {
    this.socket.write(
      Buffer.concat([preface, frame(frameTypes.settings), frame(frameTypes.settings, { flags: 1 })]),
    );
  }

  of(type: number): readonly Frame[] {
    return this.frames.filter((one) => one.type === type);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 9) {
      const length = this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < 9 + length) return;
      this.frames.push({
        type: this.#bytes.readUInt8(3),
        flags: this.#bytes.readUInt8(4),
        stream: this.#bytes.readUInt32BE(5) & 0x7fffffff,
        payload: this.#bytes.subarray(9, 9 + length),
      });
      this.#bytes = this.#bytes.subarray(9 + length);
    }
  }
}

/** Waits for the end of a connection, also one that ends by an error. */
export function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
