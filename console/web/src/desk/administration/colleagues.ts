/** The names (姓名) behind the person_ids that journals hold. */
import { shallowRef } from "vue";
import { hall, told } from "@/shared/doors";

const names = shallowRef<Record<string, string>>({});

export function nameOf(personId: string | null | undefined): string {
  return (personId && names.value[personId]) || "—";
}

/** Everybody's name and id, for a choice. */
export function colleagues(): { person_id: string; name: string }[] {
  return Object.entries(names.value).map(([person_id, name]) => ({ person_id, name }));
}

export async function readColleagues(): Promise<void> {
  const found = await told(hall.GET("/api/console/people", { params: { query: {} } }));
  names.value = Object.fromEntries(found.people.map((one) => [one.person_id, one.name]));
}
