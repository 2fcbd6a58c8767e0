// SPDX-License-Identifier: Apache-2.0
// A process of its own, so that only the client's CPU time is measured; tells its port and lives as long as its parent.
import { createServer } from "node:http";

const body = JSON.stringify({ items: Array.from({ length: 20 }, (_, id) => ({ id, name: `object ${id}` })) });
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit());
