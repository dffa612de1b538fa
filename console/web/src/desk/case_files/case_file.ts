/** One case file (案卷) and what only its owners know of it: intake's doubts about photos, dispatch's clock. */
import { computed, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { components as Console } from "@/shared/api/console";
import type { components as Dispatch } from "@/shared/api/dispatch";
import type { components as Intake } from "@/shared/api/intake";
import { dispatch, hall, intake, told } from "@/shared/doors";
import { useChanges } from "@/shared/changes";
import { takingTurns } from "@/shared/one";
import { Refused, sentence } from "@/shared/problem";

type Shown = Console["schemas"]["CaseFile"];
export type CaseFile = Omit<Shown, "fields"> & { fields: Facts };
export type WholeCase = Intake["schemas"]["WholeCase"];
export type Assignment = Dispatch["schemas"]["AssignmentWithFlow"];

/** What the file says of the problem; null where nobody has said it. */
export interface Facts {
  source: string | null;
  source_text: string;
  description: string | null;
  address: string | null;
  lon: number | null;
  lat: number | null;
  unit_grid_code: string | null;
  responsibility_grid: string | null;
  subcategory_code: string | null;
  component_code: string | null;
  filing_standard: string | null;
  filing_condition: string;
  closing_condition: string | null;
  urgency: string | null;
  urgency_text: string;
  limit_text: string;
  handbook_version: string | null;
  received_at: string | null;
  filed_at: string | null;
  closed_at: string | null;
}

export interface Opened {
  file: ShallowRef<CaseFile | null>;
  whole: ShallowRef<WholeCase | null>;
  assignment: ShallowRef<Assignment | null>;
  trouble: Ref<string>;
  read: () => Promise<void>;
  /** The light of whoever has to act: the unit or dispatcher, else intake's posts. */
  light: Ref<string | null>;
}

/** Report numbers say their source with letters; case numbers are digits. */
export function isCaseNumber(number: string): boolean {
  return /^\d+$/.test(number);
}

async function fileOf(number: string): Promise<CaseFile> {
  const file = isCaseNumber(number)
    ? await told(
        hall.GET("/api/console/case-files/{case_number}", { params: { path: { case_number: number } } }),
      )
    : await told(
        hall.GET("/api/console/reports/{report_number}", { params: { path: { report_number: number } } }),
      );
  return file as unknown as CaseFile;
}

/** Nothing when the owner does not know it yet, or does not show it to this person. */
async function perhaps<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

export function useCaseFile(number: () => string): Opened {
  const file = shallowRef<CaseFile | null>(null);
  const whole = shallowRef<WholeCase | null>(null);
  const assignment = shallowRef<Assignment | null>(null);
  const trouble = ref("");
  const turn = takingTurns();

  async function read(): Promise<void> {
    const mine = turn();
    try {
      const found = await fileOf(number());
      if (!mine()) return;
      file.value = found;
      trouble.value = "";
      const case_number = found.case_number;
      if (!case_number) return;
      const at = { params: { path: { case_number } } };
      const [ofIntake, ofDispatch] = await Promise.all([
        perhaps(told(intake.GET("/api/intake/cases/{case_number}", at))),
        perhaps(told(dispatch.GET("/api/dispatch/assignments/{case_number}", at))),
      ]);
      if (!mine()) return;
      whole.value = ofIntake;
      assignment.value = ofDispatch;
    } catch (error) {
      if (mine()) trouble.value = sentence(error);
    }
  }

  watch(
    number,
    () => {
      file.value = whole.value = assignment.value = null;
      trouble.value = "";
      void read();
    },
    { immediate: true },
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  useChanges(
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => void read(), 300);
    },
    (row) =>
      [row.report_number, row.case_number].some(
        (one) => one && [number(), file.value?.report_number, file.value?.case_number].includes(one),
      ),
  );
  const light = computed(() => assignment.value?.light ?? whole.value?.light ?? null);
  return { file, whole, assignment, trouble, read, light };
}
