// SPDX-License-Identifier: MIT
import { seededRandom } from "@repo/testkit";

export interface Step {
  readonly key: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** What v1 does to some objects, the same for the same seed. */
export interface History {
  readonly steps: readonly Step[];
  /** The newest record of each key. */
  readonly newest: ReadonlyMap<string, Step["columns"]>;
}

const counts = { projects: 12, committees: 18, members: 30 };
const revisionsEach = 4;

export function createHistory(seed: number): History {
  const random = seededRandom(seed);
  const pick = (n: number): number => Math.floor(random() * n);
  const open: { readonly key: string; readonly next: (revision: number) => Step["columns"] }[] = [];
  for (let n = 0; n < counts.projects; n += 1) {
    // Every third one is below another, that may come later.
    const parent = n % 3 === 0 || n === 0 ? {} : { parent_project__c: `p${pick(n)}` };
    open.push({
      key: `salesforce-project__c.p${n}`,
      next: (revision) => ({
        sfid: `p${n}`,
        name: `P${n}`,
        slug__c: `slug-${n}`,
        description__c: `r${revision}`,
        ...parent,
      }),
    });
  }
  for (let n = 0; n < counts.committees; n += 1) {
    const project = `p${pick(counts.projects)}`;
    open.push({
      key: `platform-collaboration__c.c${n}`,
      next: (revision) => ({
        sfid: `c${n}`,
        mailing_list__c: `C${n}`,
        project_name__c: project,
        description__c: `r${revision}`,
        // Some end deleted.
        ...(n % 6 === 5 && revision === revisionsEach && { isdeleted: true }),
      }),
    });
  }
  for (let n = 0; n < counts.members; n += 1) {
    const committee = pick(counts.committees);
    open.push({
      key: `platform-community__c.m${n}`,
      next: (revision) => ({
        sfid: `m${n}`,
        contactemail__c: `m${n}@example.org`,
        // Every fifth one moves to another committee, but never into one that ends deleted.
        collaboration_name__c: `c${stayable(n % 5 === 0 ? committee + revision : committee)}`,
        title: `r${revision}`,
        ...(n % 7 === 6 && revision === revisionsEach && { isdeleted: true }),
      }),
    });
  }
  return shuffle(open, random);
}

function stayable(committee: number): number {
  const n = committee % counts.committees;
  return n % 6 === 5 ? n - 1 : n;
}

type Open = { readonly key: string; readonly next: (revision: number) => Step["columns"] };

function shuffle(open: readonly Open[], random: () => number): History {
  const left = open.map((each) => ({ ...each, revision: 0 }));
  const steps: Step[] = [];
  const newest = new Map<string, Step["columns"]>();
  while (left.length > 0) {
    const at = Math.floor(random() * left.length);
    const each = left[at];
    if (each === undefined) break;
    each.revision += 1;
    const step = { key: each.key, columns: each.next(each.revision) };
    steps.push(step);
    newest.set(step.key, step.columns);
    if (each.revision === revisionsEach) left.splice(at, 1);
  }
  return { steps, newest };
}
