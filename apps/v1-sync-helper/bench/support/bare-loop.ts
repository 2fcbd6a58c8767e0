// SPDX-License-Identifier: MIT
// The yardstick: the HTTP calls that creates and updates cannot do without, and nothing else. A process of its own.
import { Pool } from "undici";
import type { BareLoopOptions, BarePhase } from "./bare-loop-messages.ts";

const options: BareLoopOptions = JSON.parse(process.argv[2] ?? "{}");
const { projectUrl, rootUid, token, concurrency, warmUp, objects, oneByOne } = options;
const pool = new Pool(projectUrl, { connections: concurrency, pipelining: 1 });
const headers = { accept: "application/json", authorization: `Bearer ${token}` };
const json = { ...headers, "content-type": "application/json" };
const uids: string[] = [];

async function create(n: number): Promise<void> {
  const body = JSON.stringify({
    name: `Bare ${n}`,
    slug: `bare-${n}`,
    description: "first",
    public: true,
    stage: "Active",
    legal_entity_type: "Subproject",
    category: "Sandbox",
    funding_model: ["Membership"],
    website_url: `https://bare-${n}.example.org`,
    logo_url: `https://bare-${n}.example.org/logo.svg`,
    repository_url: `https://git.example.org/bare-${n}`,
    formation_date: "2024-03-05",
    parent_uid: rootUid,
  });
  const answer = await pool.request({ method: "POST", path: "/projects?v=1", headers: json, body });
  const made = await answer.body.json();
  const uid = typeof made === "object" && made !== null && "uid" in made ? made.uid : undefined;
  if (answer.statusCode !== 201 || typeof uid !== "string") throw new Error(`POST: ${answer.statusCode}`);
  uids[n] = uid;
}

async function update(n: number, text: string): Promise<void> {
  const path = `/projects/${uids[n] ?? ""}?v=1`;
  const read = await pool.request({ method: "GET", path, headers });
  const found = await read.body.json();
  const etag = read.headers["etag"];
  if (read.statusCode !== 200 || typeof found !== "object" || typeof etag !== "string")
    throw new Error(`GET: ${read.statusCode}`);
  const body = JSON.stringify({ ...found, description: text });
  const written = await pool.request({ method: "PUT", path, headers: { ...json, "if-match": etag }, body });
  await written.body.dump();
  if (written.statusCode !== 200) throw new Error(`PUT: ${written.statusCode}`);
}

/** Runs `work` for the numbers from `from` to before `to`, so many at once. */
async function inParallel(
  from: number,
  to: number,
  lanes: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function tell(phase: BarePhase, is: "begun" | "over"): void {
  process.send?.({ phase, is });
}

async function measured(phase: BarePhase, work: () => Promise<void>): Promise<void> {
  tell(phase, "begun");
  await work();
  tell(phase, "over");
}

const all = warmUp + objects;
await inParallel(0, warmUp, concurrency, create);
await measured("create", () => inParallel(warmUp, all, concurrency, create));
await inParallel(0, warmUp, concurrency, (n) => update(n, "second"));
await measured("update", () => inParallel(warmUp, all, concurrency, (n) => update(n, "second")));
await measured("update one by one", () => inParallel(0, oneByOne, 1, (n) => update(n, "third")));
await pool.close();
process.disconnect();
