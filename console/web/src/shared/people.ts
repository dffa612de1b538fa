/** The centre's people (同事): names by person_id, read once a visit, and who may stand at a post. */
import { shallowRef } from "vue";
import type { components } from "./api/console";
import { hall, told } from "./doors";

export type Colleague = components["schemas"]["Colleague"];

export const people = shallowRef<Colleague[]>([]);
let reading: Promise<void> | null = null;

/** Read the names; a second call reads nothing. They are a convenience: without them the desk works on. */
export function readPeople(): Promise<void> {
  reading ??= told(hall.GET("/api/console/people", { params: { query: {} } }))
    .then((found) => {
      people.value = found.people;
    })
    .catch(() => {
      reading = null;
    });
  return reading;
}

/** What the system did itself has no person behind it; whom nobody knows keeps a short form of the id. */
export function personName(person_id: string | null | undefined): string {
  if (!person_id) return "";
  if (person_id === "system") return "系统";
  return people.value.find((one) => one.person_id === person_id)?.name ?? person_id.slice(0, 8);
}
