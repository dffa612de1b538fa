/** Photos on their way (照片上传): each is made small, sent with progress, tried again when asked, and keeps its place. */
import { computed, onScopeDispose, reactive, type ComputedRef } from "vue";
import { prepared, upload, type Sent } from "./pictures";
import { Away, sentence } from "./problem";

export interface Outgoing {
  key: number;
  /** What is shown of it: an address of this page, or empty for one that was there before. */
  preview: string;
  file: Blob | null;
  state: "waiting" | "sending" | "sent" | "failed";
  /** 0 to 1. */
  share: number;
  name: string;
  receipt: string;
  trouble: string;
}

/** One photo at a time leaves room for the desk's own requests on a thin line. */
const AT_ONCE = 2;
const TRIES = 3;
const PAUSE = 1_500;

export interface Uploads {
  photos: Outgoing[];
  /** The names of what is sent, in order. */
  names: ComputedRef<string[]>;
  receipts: ComputedRef<string[]>;
  /** Whether something is still on its way. */
  busy: ComputedRef<boolean>;
  failed: ComputedRef<number>;
  add: (files: Iterable<Blob>) => void;
  retry: (photo: Outgoing) => void;
  remove: (photo: Outgoing) => void;
  move: (photo: Outgoing, by: number) => void;
  /** Show these, which the server has already, in place of all others that are sent. */
  show: (names: string[]) => void;
}

type Send = (
  content: Blob,
  options: { token?: string; onProgress?: (share: number) => void },
) => Promise<Sent>;

/** The photos of one form. `tokenOf` answers the upload token of a unit's task, or undefined for the person's own. */
export function useUploads(
  tokenOf: () => Promise<string | undefined> | string | undefined,
  {
    most,
    send = upload,
    make = prepared,
  }: { most: () => number; send?: Send; make?: (file: Blob) => Promise<Blob> },
): Uploads {
  const photos = reactive<Outgoing[]>([]);
  let counted = 0;

  async function carry(photo: Outgoing): Promise<void> {
    photo.state = "sending";
    photo.trouble = "";
    try {
      const content = await make(photo.file as Blob).catch(() => null);
      if (!content) throw new Unreadable();
      const sent = await patiently(async () => {
        const token = await tokenOf();
        return send(content, {
          ...(token ? { token } : {}),
          onProgress: (share) => (photo.share = share),
        });
      });
      if (photos.some((other) => other !== photo && other.name === sent.name)) {
        drop(photo);
        return;
      }
      Object.assign(photo, { name: sent.name, receipt: sent.receipt, state: "sent", share: 1, file: null });
    } catch (error) {
      photo.state = "failed";
      photo.trouble = error instanceof Unreadable ? "无法读取，请选择照片文件" : sentence(error);
    } finally {
      next();
    }
  }

  function next(): void {
    const under = photos.filter((photo) => photo.state === "sending").length;
    const waiting = photos.filter((photo) => photo.state === "waiting");
    for (const photo of waiting.slice(0, Math.max(0, AT_ONCE - under))) void carry(photo);
  }

  function add(files: Iterable<Blob>): void {
    const preview = typeof URL.createObjectURL === "function" ? URL.createObjectURL : () => "";
    for (const file of [...files].slice(0, Math.max(0, most() - photos.length))) {
      photos.push({
        key: ++counted,
        preview: preview(file),
        file,
        state: "waiting",
        share: 0,
        name: "",
        receipt: "",
        trouble: "",
      });
    }
    next();
  }

  function drop(photo: Outgoing): void {
    const place = photos.indexOf(photo);
    if (place >= 0) photos.splice(place, 1);
    if (photo.preview) URL.revokeObjectURL(photo.preview);
  }

  function move(photo: Outgoing, by: number): void {
    const from = photos.indexOf(photo);
    const to = Math.min(photos.length - 1, Math.max(0, from + by));
    if (from < 0 || from === to) return;
    photos.splice(from, 1);
    photos.splice(to, 0, photo);
  }

  function show(names: string[]): void {
    for (const photo of photos.filter((one) => one.state === "sent" && !names.includes(one.name)))
      drop(photo);
    const known = new Set(photos.map((photo) => photo.name));
    for (const name of names.filter((one) => !known.has(one))) {
      photos.push({
        key: ++counted,
        preview: "",
        file: null,
        state: "sent",
        share: 1,
        name,
        receipt: "",
        trouble: "",
      });
    }
  }

  const sent = computed(() => photos.filter((photo) => photo.state === "sent"));
  onScopeDispose(() => [...photos].forEach(drop));
  return {
    photos,
    names: computed(() => sent.value.map((photo) => photo.name)),
    receipts: computed(() => sent.value.map((photo) => photo.receipt).filter(Boolean)),
    busy: computed(() => photos.some((photo) => photo.state === "waiting" || photo.state === "sending")),
    failed: computed(() => photos.filter((photo) => photo.state === "failed").length),
    add,
    retry: (photo) => {
      photo.state = "waiting";
      photo.share = 0;
      next();
    },
    remove: (photo) => {
      drop(photo);
      next();
    },
    move,
    show,
  };
}

class Unreadable extends Error {}

/** A line that is away for a moment is no reason to trouble anybody. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Away) || tried >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE * tried));
    }
  }
}
