// SPDX-License-Identifier: Apache-2.0

/**
 * What a worker tells its guard, a line each: `watch job.1;`, `leader job.1 4711;`, `limit job.1 4500;` (milliseconds
 * from now on, until the next such line), `forget job.1;`, and `leave;` before it ends by itself. The guard answers each `watch` with the same line. A line without its semicolon was torn
 * by the worker's death.
 */
export type GuardMessage =
  | { readonly kind: "watch"; readonly marker: string }
  | { readonly kind: "leader"; readonly marker: string; readonly pid: number }
  | { readonly kind: "limit"; readonly marker: string; readonly ms: number }
  | { readonly kind: "forget"; readonly marker: string }
  | { readonly kind: "leave" };

export function formatGuardMessage(message: GuardMessage): string {
  switch (message.kind) {
    case "leader":
      return `leader ${message.marker} ${message.pid};\n`;
    case "limit":
      return `limit ${message.marker} ${message.ms};\n`;
    case "watch":
    case "forget":
      return `${message.kind} ${message.marker};\n`;
    case "leave":
      return "leave;\n";
  }
}

/** @returns `undefined` for a line that is none */
export function parseGuardMessage(line: string): GuardMessage | undefined {
  if (!line.endsWith(";")) return undefined;
  const [kind, marker = "", number = ""] = line.slice(0, -1).split(" ");
  if (kind === "leave") return { kind };
  if (marker === "") return undefined;
  if (kind === "watch" || kind === "forget") return { kind, marker };
  if (kind === "leader" && /^[1-9]\d*$/.test(number)) return { kind, marker, pid: Number(number) };
  if (kind === "limit" && /^\d+$/.test(number)) return { kind, marker, ms: Number(number) };
  return undefined;
}
