// SPDX-License-Identifier: Apache-2.0
// What the README asks of curl, for machines without it: node curl.ts --cacert FILE [-H HEADER]… [-d BODY] URL
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: {
    cacert: { type: "string", default: "" },
    header: { type: "string", short: "H", multiple: true, default: [] },
    data: { type: "string", short: "d" },
  },
  allowPositionals: true,
});
const headers = values.header.map((line) => {
  const [name = "", ...value] = line.split(":");
  return [name, value.join(":").trim()] as const;
});
const call = request(positionals[0] ?? "", {
  method: values.data === undefined ? "GET" : "POST",
  headers: Object.fromEntries(headers),
  ca: await readFile(values.cacert),
});
const answered = once(call, "response");
call.end(values.data);
const [response] = await answered;
process.stdout.write(`${await text(response)}\n`);
