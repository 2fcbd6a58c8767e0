// SPDX-License-Identifier: Apache-2.0
// A stand-in for rclone that does nothing but write the lines that rclone writes about so many objects, as fast
// as they are read. Arguments: shape, lines, kind, "--", and what rclone would get.
import { once } from "node:events";
import { type LineKind, type LogShape, objectLine, statsLine, versionText } from "./rclone-lines.ts";

const [shape, lineCount, kind, , ...args] = process.argv.slice(2);

function isShape(text: string | undefined): text is LogShape {
  return text === "1.60" || text === "1.75";
}

function isKind(text: string | undefined): text is LineKind {
  return text === "copied" || text === "planned" || text === "failed";
}

async function printLines(logShape: LogShape, lineKind: LineKind, count: number): Promise<void> {
  const batch = 500;
  for (let start = 0; start < count; start += batch) {
    let text = "";
    for (let index = start; index < Math.min(count, start + batch); index += 1)
      text += `${objectLine(logShape, lineKind, index)}\n`;
    if (!process.stderr.write(text)) await once(process.stderr, "drain");
  }
  process.stderr.write(`${statsLine(logShape, lineKind, count)}\n`);
}

if (!isShape(shape) || !isKind(kind))
  throw new TypeError("usage: printing-rclone.ts SHAPE LINES KIND -- ARGS");
if (args[0] === "version") process.stdout.write(versionText(shape));
else {
  await printLines(shape, kind, Number(lineCount));
  if (kind === "failed") process.exitCode = 1;
}
