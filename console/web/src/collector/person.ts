/** Who works with this phone (本机采集员): known without a network too, until they log out. */
import { computed, ref, watch } from "vue";
import { me, onLogOut, resume, type Person } from "@/shared/session";

const KEPT = "qianliyan.collector.person";

const known = ref<Person | null>(read());
export const person = computed(() => known.value);
/** The login is over: nothing is lost, and nothing is sent, until the person logs in again. */
export const loginWanted = ref(false);

watch(
  () => me.value,
  (now) => {
    if (!now) return;
    known.value = now as Person;
    localStorage.setItem(KEPT, JSON.stringify(now));
    loginWanted.value = false;
  },
);

/** Go on with the login of the last visit, if the centre can be reached. */
export async function goOn(): Promise<void> {
  // Also for who logs in later.
  onLogOut(() => {
    if (known.value) loginWanted.value = true;
  });
  if (!known.value) return;
  try {
    if (!(await resume())) loginWanted.value = true;
  } catch {
    // Without a network the person is who they were.
  }
}

/** Forget the person on this phone. */
export function leave(): void {
  known.value = null;
  loginWanted.value = false;
  localStorage.removeItem(KEPT);
}

function read(): Person | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null") as Person | null;
  } catch {
    return null;
  }
}
