/** What waits to be sent (待发): one message of a collector, and the moves that it makes until it has arrived. */
import { newKey } from "@/shared/doors";
import { sentence, type Refused } from "@/shared/problem";

export type Kind = "report" | "self_handling" | "answer" | "duty_on" | "duty_off";

/** A photo that a message names; `sent` once the centre has stored it. */
export interface NamedPhoto {
  sha256: string;
  sent: boolean;
}

export interface Entry {
  /** Made here; the Idempotency-Key under which the message is repeated without being done twice. */
  id: string;
  person: string;
  kind: Kind;
  title: string;
  path: string;
  body: Record<string, unknown>;
  photos: NamedPhoto[];
  /** What the form needs to be opened with it again. */
  draft: unknown;
  madeAt: number;
  /** Its place in the queue; a corrected message keeps it. */
  order: number;
  state: "waiting" | "refused" | "sent";
  /** How often the message itself was sent; from the first time on it may have arrived. */
  tried: number;
  /** Milliseconds; not before. */
  notBefore: number;
  /** Why it is not sent yet, or was refused, in the server's words. */
  words: string;
  /** What the centre answered: a report's number. */
  number: string;
  sentAt: number | null;
}

export type Message = Pick<Entry, "person" | "kind" | "title" | "path" | "body" | "draft"> & {
  photos: string[];
};

/** A new message, behind all others. */
export function entryOf(message: Message, at: number, id = newKey()): Entry {
  return {
    ...message,
    id,
    photos: unique(message.photos).map((sha256) => ({ sha256, sent: false })),
    madeAt: at,
    order: at,
    state: "waiting",
    tried: 0,
    notBefore: 0,
    words: "",
    number: "",
    sentAt: null,
  };
}

/** What is sent next: the oldest of this person's that may go; null when there is none. */
export function nextOf(entries: Entry[], person: string, at: number): Entry | null {
  const waiting = entries
    .filter((one) => one.person === person && one.state === "waiting" && one.notBefore <= at)
    .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  return waiting[0] ?? null;
}

export function arrived(entry: Entry, answer: unknown, at: number): Entry {
  const said = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const number = typeof said.report_number === "string" ? said.report_number : "";
  return { ...entry, state: "sent", number, words: "", sentAt: at, draft: null };
}

/** The centre said no: a person has to look. Its photos are sent anew with the corrected message. */
export function refused(entry: Entry, why: Refused): Entry {
  return {
    ...entry,
    state: "refused",
    words: sentence(why),
    photos: entry.photos.map((photo) => ({ ...photo, sent: false })),
  };
}

const PAUSES = [5, 15, 30, 60, 120, 300];

/** How long to wait after so many failures in a row: growing pauses, at most five minutes. */
export function pauseAfter(failures: number): number {
  return (PAUSES[Math.min(failures, PAUSES.length) - 1] ?? 0) * 1000;
}

/** The server stumbled over this message: it is tried again later, and holds up no other. */
export function stumbled(entry: Entry, why: Refused, at: number): Entry {
  return { ...entry, words: sentence(why), notBefore: at + pauseAfter(entry.tried) };
}

/** Only what surely has not arrived may be changed or thrown away. */
export function mayChange(entry: Entry): boolean {
  return entry.state === "refused" || (entry.state === "waiting" && entry.tried === 0);
}

/** The corrected message in the place of a refused one, under a key of its own. */
export function corrected(old: Entry, message: Message, at: number): Entry {
  return { ...entryOf(message, at), madeAt: old.madeAt, order: old.order };
}

const KEPT_DAYS = 7;
const KEPT_MOST = 100;

/** Sent messages that need not be shown any more. */
export function outdated(entries: Entry[], at: number): Entry[] {
  const sent = entries
    .filter((one) => one.state === "sent")
    .sort((a, b) => (b.sentAt ?? 0) - (a.sentAt ?? 0));
  return sent.filter((one, place) => place >= KEPT_MOST || at - (one.sentAt ?? 0) > KEPT_DAYS * 86_400_000);
}

function unique(names: string[]): string[] {
  return [...new Set(names)];
}
