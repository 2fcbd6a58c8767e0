// SPDX-License-Identifier: Apache-2.0
// The yardstick: what Node's HTTP/2 over TLS takes to answer, with nothing behind it.
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);
const answer = Buffer.alloc(60, "x");
const server = createSecureServer({
  cert: readFileSync(join(folder, "server.pem")),
  key: readFileSync(join(folder, "server-key.pem")),
});
server.on("stream", (stream) => {
  stream.on("error", () => {});
  stream.on("data", () => {});
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/proto" });
    stream.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`port ${address.port}\n`);
});
