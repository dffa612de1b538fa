/** What the phone keeps (本机存储): messages, photos, drafts and what was last read, in IndexedDB. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Entry } from "./entry";

export interface KeptPhoto {
  sha256: string;
  type: string;
  bytes: ArrayBuffer;
  at: number;
}

/** A half-written form. */
export interface KeptDraft {
  photos: string[];
  content: unknown;
}

interface Shelves extends DBSchema {
  entries: { key: string; value: Entry };
  /** Photos taken here that are not sent yet. */
  photos: { key: string; value: KeptPhoto };
  /** Photos of tasks, read from the centre, to be looked at without a network. */
  seen: { key: string; value: KeptPhoto };
  drafts: { key: string; value: KeptDraft };
  kept: { key: string; value: unknown };
}

const SEEN_MOST = 120;

export class Store {
  private constructor(private readonly shelves: IDBPDatabase<Shelves>) {}

  static async open(name = "qianliyan-collector"): Promise<Store> {
    const shelves = await openDB<Shelves>(name, 1, {
      upgrade(database) {
        database.createObjectStore("entries", { keyPath: "id" });
        database.createObjectStore("photos", { keyPath: "sha256" });
        database.createObjectStore("seen", { keyPath: "sha256" });
        database.createObjectStore("drafts");
        database.createObjectStore("kept");
      },
      // A newer version of the app in another tab wants to go on.
      blocking: (_now, _next, event) => (event.target as IDBDatabase).close(),
    });
    return new Store(shelves);
  }

  close(): void {
    this.shelves.close();
  }

  entries(): Promise<Entry[]> {
    return this.shelves.getAll("entries");
  }

  async put(entry: Entry): Promise<void> {
    await this.shelves.put("entries", entry);
  }

  /** Keep what became of a message; false when it was thrown away meanwhile, and then it stays away. */
  async update(entry: Entry): Promise<boolean> {
    const step = this.shelves.transaction("entries", "readwrite");
    const there = (await step.store.getKey(entry.id)) !== undefined;
    if (there) await step.store.put(entry);
    await step.done;
    return there;
  }

  /** A message goes into the queue, in one step with its draft's end and, corrected, with the old one's. */
  async add(entry: Entry, { instead = "", draft = "" } = {}): Promise<void> {
    const step = this.shelves.transaction(["entries", "drafts"], "readwrite");
    if (instead) await step.objectStore("entries").delete(instead);
    await step.objectStore("entries").put(entry);
    if (draft) await step.objectStore("drafts").delete(draft);
    await step.done;
  }

  /** Throw a message away if it may be, looked at and done in one step: it may be just about to leave. */
  async discard(id: string, may: (entry: Entry) => boolean): Promise<void> {
    const step = this.shelves.transaction("entries", "readwrite");
    const entry = await step.store.get(id);
    if (entry && may(entry)) await step.store.delete(id);
    await step.done;
    await this.sweep();
  }

  async remove(id: string): Promise<void> {
    await this.shelves.delete("entries", id);
    await this.sweep();
  }

  /** A photo is kept in one step with the draft that names it: a killed tab loses neither. */
  async keepDraft(name: string, draft: KeptDraft, photo?: KeptPhoto): Promise<void> {
    const step = this.shelves.transaction(["drafts", "photos"], "readwrite");
    if (photo) await step.objectStore("photos").put(photo);
    await step.objectStore("drafts").put(draft, name);
    await step.done;
  }

  draft(name: string): Promise<KeptDraft | undefined> {
    return this.shelves.get("drafts", name);
  }

  async dropDraft(name: string): Promise<void> {
    await this.shelves.delete("drafts", name);
    await this.sweep();
  }

  async photo(sha256: string): Promise<KeptPhoto | undefined> {
    return (await this.shelves.get("photos", sha256)) ?? this.shelves.get("seen", sha256);
  }

  /** Delete photos that no unsent message and no draft names. */
  async sweep(): Promise<void> {
    const step = this.shelves.transaction(["entries", "drafts", "photos"], "readwrite");
    const named = new Set<string>();
    for (const entry of await step.objectStore("entries").getAll())
      if (entry.state !== "sent") for (const photo of entry.photos) named.add(photo.sha256);
    for (const draft of await step.objectStore("drafts").getAll())
      for (const photo of draft.photos) named.add(photo);
    for (const key of await step.objectStore("photos").getAllKeys())
      if (!named.has(key)) await step.objectStore("photos").delete(key);
    await step.done;
  }

  /** Keep a photo of the centre; the oldest make room. */
  async see(photo: KeptPhoto): Promise<void> {
    const step = this.shelves.transaction("seen", "readwrite");
    await step.store.put(photo);
    const all = (await step.store.count()) > SEEN_MOST ? await step.store.getAll() : [];
    for (const old of all.sort((a, b) => a.at - b.at).slice(0, Math.max(0, all.length - SEEN_MOST)))
      await step.store.delete(old.sha256);
    await step.done;
  }

  async kept<T>(name: string): Promise<T | undefined> {
    return (await this.shelves.get("kept", name)) as T | undefined;
  }

  async keep(name: string, value: unknown): Promise<void> {
    await this.shelves.put("kept", value, name);
  }

  /** The person leaves this phone: what was read goes; what is not sent stays for them. */
  async forgetRead(): Promise<void> {
    const step = this.shelves.transaction(["seen", "kept"], "readwrite");
    await step.objectStore("seen").clear();
    await step.objectStore("kept").clear();
    await step.done;
  }
}
