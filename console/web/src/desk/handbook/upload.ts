/** Upload of a handbook (手册上传): checked first, published after, with every finding in its file and row. */
import type { components } from "@/shared/api/console";
import { freshToken } from "@/shared/session";
import { Away, refusal } from "@/shared/problem";

export type Taken = components["schemas"]["UploadTaken"];

export interface Finding {
  file: string;
  row: number;
  column: string;
  rule: string;
}

/** The upload was read and broke rules. */
export class Faulty extends Error {
  constructor(
    readonly findings: Finding[],
    readonly count: number,
  ) {
    super("手册未通过检查");
  }
}

/** Send a ZIP; with `check` it is only looked at. */
export async function upload(
  content: Blob,
  { check, validFrom }: { check: boolean; validFrom: Date | null },
): Promise<Taken> {
  const query = new URLSearchParams();
  if (check) query.set("check", "1");
  if (validFrom) query.set("valid_from", validFrom.toISOString());
  const token = await freshToken();
  let answer: Response;
  try {
    answer = await fetch(`/api/console/handbook/versions?${query}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/zip",
        "Accept-Language": "zh-CN",
      },
      body: content,
    });
  } catch {
    throw new Away();
  }
  const said = (await answer.json().catch(() => null)) as unknown;
  if (answer.ok) return said as Taken;
  const findings = findingsOf(said);
  if (findings.length) throw new Faulty(findings, countOf(said) ?? findings.length);
  throw refusal(answer.status, said);
}

export function findingsOf(said: unknown): Finding[] {
  const errors = (said as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(errors)) return [];
  return errors
    .filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null && "file" in one)
    .map((one) => ({
      file: String(one.file ?? ""),
      row: Number(one.row ?? 0),
      column: String(one.column ?? ""),
      rule: String(one.rule ?? ""),
    }));
}

function countOf(said: unknown): number | null {
  const count = (said as { findings?: unknown } | null)?.findings;
  return typeof count === "number" ? count : null;
}
