// SPDX-License-Identifier: MIT

export const foundations = [
  "Orchard",
  "Lantern",
  "Harbour",
  "Meadow",
  "Granite",
  "Juniper",
  "Beacon",
  "Tidewater",
];

export const adjectives = [
  "Amber",
  "Brisk",
  "Calm",
  "Dusty",
  "Early",
  "Fabled",
  "Gentle",
  "Hollow",
  "Ivory",
  "Jolly",
  "Keen",
  "Lucky",
  "Mellow",
  "Nimble",
  "Open",
  "Plain",
  "Quiet",
  "Rapid",
  "Sunny",
  "Tidy",
  "Upper",
  "Vivid",
  "Warm",
  "Young",
];

export const nouns = [
  "Anvil",
  "Barrel",
  "Cellar",
  "Drum",
  "Engine",
  "Ferry",
  "Gate",
  "Hammer",
  "Island",
  "Jetty",
  "Kiln",
  "Ladder",
  "Mill",
  "Needle",
  "Oven",
  "Press",
  "Quarry",
  "Ramp",
  "Sieve",
  "Trellis",
  "Urn",
  "Vault",
  "Wheel",
  "Yard",
];

export const purposes = [
  "Tools for pruning old code.",
  "A scheduler for cold mornings.",
  "Storage that forgets nothing.",
  "A compiler for very small machines.",
  "Maps of places nobody has been to.",
  "Naïve Bayes, café-style: ☕ included.",
  "Messages that arrive.",
  "Queues for patient people.",
];

export const givenNames = [
  "Ada",
  "Bruno",
  "Chidi",
  "Dana",
  "Emre",
  "Farah",
  "Grace",
  "Hiro",
  "Inés",
  "Jonas",
  "Kavya",
  "Lena",
  "Mateo",
  "Nadia",
  "Omar",
  "Priya",
  "Quinn",
  "Rosa",
  "Søren",
  "Tara",
  "Uche",
  "Vera",
  "Wanda",
  "Yusuf",
];

export const familyNames = [
  "Abara",
  "Berg",
  "Castro",
  "Dietz",
  "Eriksen",
  "Fuchs",
  "Garcia",
  "Haddad",
  "Ito",
  "Jansen",
  "Kowalski",
  "Lopes",
  "Moreau",
  "Novak",
  "Okafor",
  "Petrov",
  "Rao",
  "Silva",
  "Tanaka",
  "Ueda",
  "Vargas",
  "Weiss",
  "Yilmaz",
  "Zhang",
];

export const companies = [
  "Northwind Rail",
  "Blue Kettle",
  "Copper & Sons",
  "Paperclip Labs",
  "Salt Road",
  "Third Floor",
  "Vesper Freight",
  "Window Works",
];

export const titles = [
  "Engineer",
  "Architect",
  "Director of Open Source",
  "Product Manager",
  "Counsel",
  "Writer",
];

/** A kind of committee: what it is called, v1's word for it, and v2's. */
export interface CommitteeKind {
  readonly name: string;
  readonly type: string;
  readonly category: string;
  readonly isVoting: boolean;
}

export const committeeKinds: readonly CommitteeKind[] = [
  { name: "Governing Board", type: "Board", category: "Board", isVoting: true },
  {
    name: "Technical Advisory Council",
    type: "Technical Oversight Committee/Technical Advisory Committee",
    category: "Technical Advisory Committee",
    isVoting: false,
  },
  { name: "Maintainers", type: "Maintainers", category: "Maintainers", isVoting: false },
  { name: "Security Group", type: "Working Group", category: "Working Group", isVoting: false },
  { name: "Ambassadors", type: "Ambassador", category: "Ambassador", isVoting: false },
  { name: "Budget Panel", type: "Bean Counters", category: "Other", isVoting: false },
];
