// SPDX-License-Identifier: MIT

/**
 * Puts the flags of the Go program, which its library took with one dash or two and with `=`, into today's form:
 * `-d`, `-d=false`, `-p 8080`, `-p=8080`, `-bind 127.0.0.1`, `--bind=*`.
 *
 * @param args without the interpreter and the script
 */
export function normalizeArgs(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  const own = end === -1 ? args : args.slice(0, end);
  return [...own.map(normalize), ...args.slice(own.length)];
}

const truths = new Set(["1", "t", "true"]);

function normalize(arg: string): string {
  const [, name, value] = /^--?(d|p|bind)(?:=(.*))?$/s.exec(arg) ?? [];
  switch (name) {
    case "d":
      return value === undefined || truths.has(value.toLowerCase()) ? "--debug" : "--no-debug";
    case "p":
      return value === undefined ? "--port" : `--port=${value}`;
    case "bind":
      return value === undefined ? "--bind" : `--bind=${value}`;
    default:
      return arg;
  }
}
