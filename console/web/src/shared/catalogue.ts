/** The catalogue (大类、小类、立案标准): read once a visit, and found in by any part of a name or code. */
import type { components } from "./api/console";
import { hall, told } from "./doors";

export type Category = components["schemas"]["ShownCategory"];
export type Standard = components["schemas"]["ShownStandard"];

/** 小类 with what stands above it. */
export interface Kind {
  code: string;
  name: string;
  category: string;
  /** 部件 or 事件. */
  kind: "component" | "incident";
  kind_text: string;
  standards: Standard[];
}

let known: Promise<Kind[]> | null = null;

/** Every kind of the handbook in force, in the catalogue's order. */
export function catalogue(): Promise<Kind[]> {
  known ??= told(hall.GET("/api/console/handbook/catalogue", { params: { query: {} } }))
    .then((answer) => kindsOf(answer.categories ?? []))
    .catch((error: unknown) => {
      known = null;
      throw error;
    });
  return known;
}

export function kindsOf(categories: Category[]): Kind[] {
  return categories.flatMap((category) =>
    (category.subcategories ?? []).map((one) => ({
      code: one.code ?? "",
      name: one.name ?? "",
      category: category.name ?? "",
      kind: category.kind as Kind["kind"],
      kind_text: category.kind_text ?? "",
      standards: one.standards ?? [],
    })),
  );
}

/** A kind by its code. */
export function kindOf(kinds: Kind[], code: string | null | undefined): Kind | undefined {
  return code ? kinds.find((kind) => kind.code === code) : undefined;
}

/**
 * The kinds whose name, code or 大类 has every typed part: what begins with it first, then what has it in its
 * name, then the rest.
 */
export function found(kinds: Kind[], typed: string): Kind[] {
  const parts = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const first = parts[0];
  if (first === undefined) return kinds;
  const rank = (kind: Kind) => {
    const code = kind.code.toLowerCase();
    if (kind.name.startsWith(first) || code === first) return 0;
    if (kind.name.includes(first) || code.startsWith(first)) return 1;
    return 2;
  };
  return kinds
    .filter((kind) => {
      const text = `${kind.name} ${kind.code} ${kind.category} ${kind.kind_text}`.toLowerCase();
      return parts.every((part) => text.includes(part));
    })
    .map((kind, place) => ({ kind, place, rank: rank(kind) }))
    .sort((one, other) => one.rank - other.rank || one.place - other.place)
    .map(({ kind }) => kind);
}
