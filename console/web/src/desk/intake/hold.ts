/** 领取: the report that is open is held for this operator, renewed while it is open, and put back on leaving. */
import { onScopeDispose, ref, watch, type Ref } from "vue";
import { intake, told } from "@/shared/doors";
import { Refused, sentence } from "@/shared/problem";

/** The server keeps it for ten minutes. */
const RENEW = 4 * 60_000;
/** Who only looks through the list with j and k takes nothing up. */
const PAUSE = 350;

export interface Hold {
  /** Whether the report is this operator's to work on. */
  mine: Ref<boolean>;
  /** Why it is not; empty while it is, or while nobody has answered yet. */
  why: Ref<string>;
  take: () => Promise<void>;
}

/** `number` is the report that is open and awaits acceptance, or null. `told` hears when somebody else has it. */
export function useHold(number: () => string | null, elsewhere: () => void): Hold {
  const mine = ref(false);
  const why = ref("");
  let held: string | null = null;
  let pause: ReturnType<typeof setTimeout> | undefined;

  const at = (report_number: string) => ({ params: { path: { report_number } } });

  async function take(): Promise<void> {
    const wanted = number();
    if (!wanted) return;
    try {
      await told(intake.PUT("/api/intake/reports/{report_number}/hold", at(wanted)));
      if (number() !== wanted) {
        putBack(wanted);
        return;
      }
      held = wanted;
      mine.value = true;
      why.value = "";
    } catch (error) {
      if (number() !== wanted) return;
      mine.value = false;
      why.value = sentence(error);
      if (error instanceof Refused && error.status === 409) elsewhere();
    }
  }

  function putBack(report_number: string): void {
    // Should it not arrive, the ten minutes end it.
    void intake.DELETE("/api/intake/reports/{report_number}/hold", at(report_number)).catch(() => undefined);
  }

  function leave(): void {
    clearTimeout(pause);
    if (held) putBack(held);
    held = null;
    mine.value = false;
    why.value = "";
  }

  watch(
    number,
    (wanted) => {
      leave();
      if (wanted) pause = setTimeout(() => void take(), PAUSE);
    },
    { immediate: true },
  );
  const timer = setInterval(() => {
    if (held) void take();
  }, RENEW);
  onScopeDispose(() => {
    clearInterval(timer);
    leave();
  });
  return { mine, why, take };
}
