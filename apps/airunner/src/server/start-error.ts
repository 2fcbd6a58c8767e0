// SPDX-License-Identifier: Apache-2.0

/** What a person gave cannot be used: the message is one sentence that names it and says what to do. Exit code 2. */
export class StartError extends Error {
  override readonly name: string = "StartError";
}

/** Why a file could not be read or written, in words. */
export function reasonOf(error: unknown): string {
  const code = Error.isError(error) && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    case "ENOTDIR":
      return "a part of the path is not a directory";
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
      return "the disk is full";
    default:
      return typeof code === "string" ? code : "unknown reason";
  }
}
