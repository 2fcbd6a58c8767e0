// SPDX-License-Identifier: Apache-2.0

/** One `ARG NAME=default` before the first FROM. */
export interface GlobalArgument {
  readonly name: string;
  readonly defaultValue: string;
}

/** The arguments of a Dockerfile that stand before its first FROM, in order: those that may name base images. */
export function globalArguments(dockerfile: string): readonly GlobalArgument[] {
  const found: GlobalArgument[] = [];
  for (const line of dockerfile.split("\n")) {
    if (/^\s*FROM\s/i.test(line)) break;
    const match = /^\s*ARG\s+(\w+)=(\S+)\s*$/i.exec(line);
    if (match !== null) found.push({ name: match[1] ?? "", defaultValue: match[2] ?? "" });
  }
  return found;
}
