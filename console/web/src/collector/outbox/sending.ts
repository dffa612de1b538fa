/** Sending (发送): one message after the other, photos first; whatever interrupts it, it goes on where it was. */
import { Away, Refused } from "@/shared/problem";
import { arrived, nextOf, outdated, refused, stumbled, type Entry } from "./entry";
import type { KeptPhoto, Store } from "./store";

/** The centre's doors, as far as the outbox needs them. */
export interface Doors {
  putPhoto: (photo: KeptPhoto) => Promise<void>;
  post: (path: string, body: unknown, key: string) => Promise<unknown>;
}

/** How a round ended: all is sent; nobody answered; the person must log in; some message has to wait. */
export type Round = "idle" | "away" | "login" | "later";

export interface Watcher {
  changed: () => void;
}

/** Send what this person has to send. Never two rounds at once: see `alone` in queue.ts. */
export async function sendAll(
  store: Store,
  doors: Doors,
  person: string,
  now: () => number,
  { changed }: Watcher = { changed: () => undefined },
): Promise<Round> {
  for (;;) {
    const entries = await store.entries();
    const entry = nextOf(entries, person, now());
    if (!entry) return endOf(store, entries, person, now());
    const end = await sendOne(store, doors, entry, now);
    changed();
    if (end !== "done") return end;
  }
}

async function sendOne(
  store: Store,
  doors: Doors,
  entry: Entry,
  now: () => number,
): Promise<"done" | "away" | "login"> {
  let current = entry;
  try {
    for (const photo of entry.photos) {
      if (photo.sent) continue;
      await doors.putPhoto(await found(store, photo.sha256));
      current = withSent(current, photo.sha256);
      if (!(await store.update(current))) return "done";
    }
    current = { ...current, tried: current.tried + 1 };
    // Before it leaves: from here on it may have arrived, and nobody can throw it away.
    if (!(await store.update(current))) return "done";
    const answer = await doors.post(current.path, current.body, current.id);
    await store.put(arrived(current, answer, now()));
    await store.sweep();
    return "done";
  } catch (error) {
    if (error instanceof Away) return "away";
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) return "login";
    if (error.status === 429 || error.status === 408) return "away";
    await store.update(error.status >= 500 ? stumbled(current, error, now()) : refused(current, error));
    return "done";
  }
}

async function endOf(store: Store, entries: Entry[], person: string, at: number): Promise<Round> {
  for (const old of outdated(entries, at)) await store.remove(old.id);
  const later = entries.some((one) => one.person === person && one.state === "waiting");
  return later ? "later" : "idle";
}

function withSent(entry: Entry, sha256: string): Entry {
  return {
    ...entry,
    photos: entry.photos.map((photo) => (photo.sha256 === sha256 ? { ...photo, sent: true } : photo)),
  };
}

async function found(store: Store, sha256: string): Promise<KeptPhoto> {
  const photo = await store.photo(sha256);
  // The browser has cleared what the phone kept: only a person can take the photo again.
  if (!photo) throw new Refused(410, "photo-lost", "本机照片已丢失，请重新拍摄");
  return photo;
}
