/** Names for codes (名称): kinds and responsible units, read once from the handbook. */
import { shallowRef } from "vue";
import type { components } from "./api/console";
import { catalogue, kindOf, type Kind } from "./catalogue";
import { hall, told } from "./doors";

export type Unit = components["schemas"]["ShownUnit"];

const kinds = shallowRef<Kind[]>([]);
const units = shallowRef<Unit[]>([]);
let reading: Promise<void> | null = null;

function read(): Promise<void> {
  reading ??= Promise.all([
    catalogue().then((found) => (kinds.value = found)),
    told(hall.GET("/api/console/handbook/units", { params: { query: {} } })).then(
      (found) => (units.value = found.units ?? []),
    ),
  ])
    .then(() => undefined)
    .catch(() => {
      // Codes stand where names would; the next desk that opens asks again.
      reading = null;
    });
  return reading;
}

/** Names by code; a code stands for itself until the handbook is here. */
export function useNames(): {
  kind: (code: string | null | undefined) => string;
  category: (code: string | null | undefined) => string;
  unit: (code: string | null | undefined) => string;
  units: typeof units;
} {
  void read();
  return {
    kind: (code) => kindOf(kinds.value, code)?.name ?? code ?? "",
    category: (code) => kindOf(kinds.value, code)?.category ?? "",
    unit: (code) => units.value.find((one) => one.code === code)?.name ?? code ?? "",
    units,
  };
}
