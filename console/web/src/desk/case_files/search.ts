/** What is looked for among the case files (案卷查询), and filters kept by name (常用筛选). */

export interface Wanted {
  words: string;
  states: string[];
  unit: string;
  category: string;
  subcategory: string | null;
  /** The code of a responsibility grid (责任网格), a community (社区、村) or a unit grid cell (单元网格). */
  grid: string;
  source: string;
  urgency: string;
  overdue: boolean;
  /** 逐级上报: an open matter of the console, by whom it was passed up to; empty for all. */
  called: string;
  /** Days, 2026-06-15, both included. */
  days: [string, string] | null;
}

export const NOTHING: Wanted = {
  words: "",
  states: [],
  unit: "",
  category: "",
  subcategory: null,
  grid: "",
  source: "",
  urgency: "",
  overdue: false,
  called: "",
  days: null,
};

/** The query of the door; what does not matter is left out. */
export function queryOf(wanted: Wanted): Record<string, string | string[] | boolean> {
  const query: Record<string, string | string[] | boolean> = {};
  if (wanted.words.trim()) query.q = wanted.words.trim().slice(0, 100);
  if (wanted.states.length) query.state = wanted.states;
  if (wanted.unit) query.responsible_unit = wanted.unit;
  if (wanted.category) query.category = wanted.category;
  if (wanted.subcategory) query.subcategory = wanted.subcategory;
  if (wanted.grid) query.grid = wanted.grid;
  if (wanted.source) query.source = wanted.source;
  if (wanted.urgency) query.urgency = wanted.urgency;
  if (wanted.overdue) query.overdue = true;
  if (wanted.called) query.matter = wanted.called;
  if (wanted.days) {
    // Days of the county, wherever the browser stands.
    query.received_from = new Date(`${wanted.days[0]}T00:00:00+08:00`).toISOString();
    const last = new Date(`${wanted.days[1]}T00:00:00+08:00`).getTime();
    query.received_until = new Date(last + 86_400_000).toISOString();
  }
  return query;
}

export function isNothing(wanted: Wanted): boolean {
  return Object.keys(queryOf(wanted)).length === 0;
}

/** How many were found, as it is said. */
export function countOf(total: number, more: boolean): string {
  return more ? `超过 ${total.toLocaleString("zh-CN")} 件` : `${total.toLocaleString("zh-CN")} 件`;
}

export interface Saved {
  name: string;
  wanted: Wanted;
}

/** The filters of one person in this browser. */
export class SavedFilters {
  private readonly key: string;

  constructor(
    personId: string,
    private readonly store: Pick<Storage, "getItem" | "setItem"> = localStorage,
  ) {
    this.key = `qianliyan.filters.${personId}`;
  }

  all(): Saved[] {
    try {
      const known: unknown = JSON.parse(this.store.getItem(this.key) ?? "[]");
      return Array.isArray(known)
        ? (known as Saved[]).map((one) => ({ name: one.name, wanted: { ...NOTHING, ...one.wanted } }))
        : [];
    } catch {
      return [];
    }
  }

  /** A filter of the same name is replaced. */
  keep(name: string, wanted: Wanted): Saved[] {
    const rest = this.all().filter((one) => one.name !== name);
    return this.write([...rest, { name, wanted }]);
  }

  remove(name: string): Saved[] {
    return this.write(this.all().filter((one) => one.name !== name));
  }

  private write(filters: Saved[]): Saved[] {
    this.store.setItem(this.key, JSON.stringify(filters));
    return filters;
  }
}

/** Where somebody left the list. */
export interface Place {
  wanted: Wanted;
  rows: number;
  top: number;
  chosen: string | null;
}

let left: Place | null = null;

export function keepPlace(place: Place): void {
  left = { ...place, wanted: JSON.parse(JSON.stringify(place.wanted)) as Wanted };
}

/** Where the list was left, if the same is looked for. */
export function placeOf(wanted: Wanted): Place | null {
  return left && JSON.stringify(left.wanted) === JSON.stringify(wanted) ? left : null;
}
