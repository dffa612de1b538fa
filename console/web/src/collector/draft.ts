/** 草稿: a half-written form survives a reload, a killed tab and the camera that pushes the app out of memory. */
import { onScopeDispose, ref, watch, type Ref } from "vue";
import type { Entry } from "./outbox/entry";
import { store } from "./outbox/queue";
import type { KeptPhoto } from "./outbox/store";

const CALM = 300;

export interface Draft<T> {
  form: Ref<T>;
  /** What was there before has been read; only then the form is shown. */
  ready: Ref<boolean>;
  /** Keep a photo in one step with the form that names it; `put` puts its names into a copy of the form. */
  keep: (photo: KeptPhoto, put: (form: T) => void) => Promise<void>;
  /** Start over. */
  drop: () => Promise<void>;
}

export function useDraft<T extends object>(
  name: string,
  fresh: () => T,
  photosOf: (form: T) => string[],
): Draft<T> {
  const form = ref(fresh()) as Ref<T>;
  const ready = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let touched = false;

  const kept = (of: T) => ({ photos: [...photosOf(of)], content: JSON.parse(JSON.stringify(of)) as unknown });
  const save = async () => {
    if (ready.value && touched) await (await store()).keepDraft(name, kept(form.value));
  };

  void store()
    .then((shelf) => shelf.draft(name))
    .then((found) => {
      if (found) form.value = { ...fresh(), ...(found.content as T) };
    })
    .finally(() => {
      ready.value = true;
      watch(
        form,
        () => {
          touched = true;
          clearTimeout(timer);
          timer = setTimeout(() => void save(), CALM);
        },
        { deep: true },
      );
    });

  const hide = () => void save();
  document.addEventListener("visibilitychange", hide);
  onScopeDispose(() => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hide);
    void save();
  });

  return {
    form,
    ready,
    async keep(photo, put) {
      const next = JSON.parse(JSON.stringify(form.value)) as T;
      put(next);
      await (await store()).keepDraft(name, kept(next), photo);
    },
    async drop() {
      clearTimeout(timer);
      touched = false;
      form.value = fresh();
      await Promise.resolve();
      clearTimeout(timer);
      touched = false;
      // The message went into the queue and the draft out of the store in one step; this only sweeps.
      await (await store()).dropDraft(name);
    },
  };
}

/**
 * Fill a form that is still empty with what the centre refused, once for each refused message: `old` is made anew
 * with every look into the outbox, and what the person has cleared since stays cleared.
 */
export function useCorrection<T extends object>(
  { form, ready }: Pick<Draft<T>, "form" | "ready">,
  old: () => Entry | undefined,
  { written, untouched }: { written: (draft: unknown) => T | null; untouched: (form: T) => boolean },
): void {
  watch([ready, () => old()?.id], ([is, id]) => {
    const found = is && id ? written(old()?.draft) : null;
    if (found && untouched(form.value)) form.value = found;
  });
}
