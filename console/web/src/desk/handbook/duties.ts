/** A draft of duties (职责草案): rows that are to change, on the table that is in force. */
import type { components } from "@/shared/api/console";

export type Duty = components["schemas"]["ShownDuty"];
export interface Drafted {
  subcategory: string;
  area: string | null;
  primary: string;
  assisting: string[];
}
export interface Draft {
  rows: Drafted[];
  taken_out: { subcategory: string; area: string | null }[];
}

export function keyOf(row: { subcategory?: string; area?: string | null }): string {
  return `${row.subcategory}/${row.area ?? ""}`;
}

/** Give a row to another unit; giving it back takes it out of the draft. */
export function givenTo(draft: Draft, duty: Duty, primary: string): Draft {
  const rest = without(draft, duty);
  if (primary === duty.primary) return rest;
  return {
    ...rest,
    rows: [
      ...rest.rows,
      {
        subcategory: duty.subcategory ?? "",
        area: duty.area ?? null,
        primary,
        // Who leads does not assist as well.
        assisting: (duty.assisting ?? []).filter((unit) => unit !== primary),
      },
    ],
  };
}

export function takenOut(draft: Draft, duty: Duty): Draft {
  const rest = without(draft, duty);
  return {
    ...rest,
    taken_out: [...rest.taken_out, { subcategory: duty.subcategory ?? "", area: duty.area ?? null }],
  };
}

/** The draft with this row as it is in force. */
export function without(draft: Draft, duty: Duty): Draft {
  const other = (row: { subcategory: string; area: string | null }) => keyOf(row) !== keyOf(duty);
  return { rows: draft.rows.filter(other), taken_out: draft.taken_out.filter(other) };
}

export function sizeOf(draft: Draft): number {
  return draft.rows.length + draft.taken_out.length;
}
