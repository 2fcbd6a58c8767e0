// SPDX-License-Identifier: Apache-2.0
import { JobError } from "./errors.ts";
import { limits } from "./limits.ts";

const allowedSchemes = new Set(["https:", "http:", "git:", "ssh:"]);
/** `user@host:path`, which only git understands; without a user it also could be a host with a port. */
const scpForm = /^(?:([\w.-]+)@)?([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?):(.+)$/;
const portAndPath = /^\d{1,5}(?:\/|$)/;
const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;
/** Spaces, control characters and backslashes: git, a terminal and the parser of URLs each read them differently. */
const ambiguous = /[\s\\\u0000-\u001f\u007f]/;

function refuse(why: string): never {
  throw new JobError("invalid_request", `The repository ${why}.`, { field: "job_params.repository" });
}

function checkUrl(text: string): string {
  const url = URL.parse(text) ?? refuse("is no URL: write it as https://host/path or git@host:path");
  if (!allowedSchemes.has(url.protocol))
    refuse("has a scheme other than https, http, git and ssh: use one of these");
  if (/^[a-z]+:\/{3}/i.test(text)) refuse("names no host: write it as https://host/path");
  if (url.password !== "") {
    refuse("holds a password, which every reader of the job could see: give it to the worker's git instead");
  }
  if (url.hostname === "" || url.hostname.startsWith("-") || url.username.startsWith("-"))
    refuse("names no host: write it as https://host/path");
  if (/^\/*$/.test(url.pathname)) refuse("names a host but no path on it: write it as https://host/path");
  return text;
}

/**
 * The URL to clone from: `https://…`, `http://…`, `git://…`, `ssh://…` or git's own `user@host:path`. One without a
 * scheme, as `github.com/example/repo`, means https. Never starts with a dash, so that git cannot take it for a flag.
 *
 * @throws {JobError} `invalid_request` with a sentence that never repeats the URL, since it may hold a password
 */
export function toCloneUrl(repository: string): string {
  if (repository.length > limits.repositoryLength) {
    refuse(`is longer than ${limits.repositoryLength} characters: use a shorter URL`);
  }
  if (ambiguous.test(repository)) refuse("has spaces, backslashes or control characters in it: remove them");
  if (/^[-/.]/.test(repository)) refuse("starts with no host: write it as https://host/path");
  // `ext::…` and its like make git start a program.
  if (/^[\w-]*::/.test(repository))
    refuse("has a form that makes git start a program: write it as https://host/path");
  if (scheme.test(repository)) return checkUrl(repository);
  const [, user, host, path = ""] = scpForm.exec(repository) ?? [];
  const isScp = host !== undefined && (user !== undefined || !portAndPath.test(path));
  if (!isScp) return checkUrl(`https://${repository}`);
  if (path.startsWith("-")) refuse("has a path that starts with a dash: write it as git@host:path");
  return repository;
}
