// SPDX-License-Identifier: Apache-2.0
import { isAbsolute } from "node:path";
import { JobError } from "../../job/errors.ts";
import { toCloneUrl } from "../../job/repository-url.ts";
import { CheckoutError, type CheckoutParams } from "./checkout.ts";

/** Where git fetches from. */
export interface RepositorySource {
  /** Without a login; this is what the checkout remembers. */
  readonly url: string;
  /** `[with the login, without]`, both up to the host's slash, for git's `insteadOf`; unset without a login. */
  readonly login: readonly [string, string] | undefined;
  /** Never to be shown. */
  readonly secrets: readonly string[];
}

/**
 * @throws {CheckoutError} `invalid_repository`, in words that never repeat the address
 */
export function toRepositorySource(repository: string, allowFile: boolean): RepositorySource {
  const isFile = repository.startsWith("file://") || isAbsolute(repository);
  if (isFile && allowFile) return { url: repository, login: undefined, secrets: [] };
  if (isFile) {
    throw new CheckoutError(
      "invalid_repository",
      "The repository is a path of the worker's machine, which this worker does not allow: give an address of a server.",
    );
  }
  try {
    return splitLogin(toCloneUrl(repository));
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    throw new CheckoutError("invalid_repository", error.message, { cause: error });
  }
}

/** A user in an address of https is a token; for ssh it is but a name, and belongs to the address. */
function splitLogin(url: string): RepositorySource {
  const [, scheme = "", login, rest = ""] = /^(https?:\/\/)([^/@]*)@(.*)$/i.exec(url) ?? [];
  if (login === undefined) return { url, login: undefined, secrets: [] };
  const host = rest.split("/", 1)[0] ?? "";
  return {
    url: `${scheme}${rest}`,
    login: [`${scheme}${login}@${host}/`, `${scheme}${host}/`],
    secrets: [login, decode(login)].filter((secret) => secret !== ""),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Of what git-check-ref-format(1) allows, what a reference specification and a shell take for letters too. */
const safeName = /^[\p{L}\p{N}_@#][\p{L}\p{N}/_.+@#%=,-]{0,254}$/u;
const badName = /\.\.|\/\/|\/\.|@\{|^@$|\.lock(?:\/|$)|[/.]$/;
const commitId = /^[0-9a-f]{7,64}$/i;
const fullCommitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** What is to be checked out. */
export type Revision =
  | { readonly kind: "default branch" }
  /** A branch or, where there is none of that name, a tag. */
  | { readonly kind: "name"; readonly name: string }
  /** A server gives a commit only by its full id. */
  | { readonly kind: "commit"; readonly id: string; readonly isFull: boolean };

/**
 * A commit goes before a branch. What cannot be the id of a commit is taken for a branch or a tag, as git does.
 *
 * @throws {CheckoutError} `invalid_reference`
 */
export function toRevision({ commit, branch }: Pick<CheckoutParams, "commit" | "branch">): Revision {
  for (const [what, name] of [
    ["commit", commit],
    ["branch", branch],
  ] as const)
    if (name !== "" && (!safeName.test(name) || badName.test(name))) throw badReference(what);
  if (commitId.test(commit))
    return { kind: "commit", id: commit.toLowerCase(), isFull: fullCommitId.test(commit) };
  const name = (commit || branch).replace(/^refs\/(?:heads|tags)\//, "");
  return name === "" ? { kind: "default branch" } : { kind: "name", name };
}

function badReference(what: string): CheckoutError {
  return new CheckoutError(
    "invalid_reference",
    `The ${what} is no name that this worker hands to git: use letters, digits and / _ . + - @ # % = and comma, at most 255, and no dash or dot at the start.`,
  );
}
