/** Evidence (照片证据): a case's photos in the order in which they are compared, and what is doubtful about each. */
import type { components as Console } from "./api/console";
import type { components as Intake } from "./api/intake";
import { moment } from "./clock";

export type Flag = Intake["schemas"]["ShownFlag"];
export type WholeCase = Intake["schemas"]["WholeCase"];
type CaseFile = Console["schemas"]["CaseFile"];

export interface Shot {
  sha256: string;
  at: string | null;
  /** The round that it was handed in for, where that is known and not the first. */
  round?: number;
}

/** 处置前、处置后、核查: the photos of one occasion. */
export interface ShotGroup {
  key: string;
  title: string;
  shots: Shot[];
}

const NAMES = { before: "处置前", after: "处置后（反馈）", verification: "核查" } as const;

function group(key: keyof typeof NAMES, shots: Shot[]): ShotGroup {
  return { key, title: NAMES[key], shots };
}

/** When a fact last came to pass, by the flow record. */
function toldAt(flow: WholeCase["flow"], ...facts: string[]): string | null {
  const lines = flow.filter((line) => facts.includes(line.fact_type));
  return lines.length ? (lines[lines.length - 1]?.at ?? null) : null;
}

/** The three groups of a case as intake shows it. */
export function shotsOfCase(one: WholeCase, reportedAt: string | null = null): ShotGroup[] {
  const at = (names: string[], when: string | null): Shot[] => names.map((sha256) => ({ sha256, at: when }));
  const confirmed = one.tasks.filter((task) => task.kind === "confirmation" && task.photos.length);
  return [
    group("before", [
      ...at(one.photos, reportedAt ?? one.filed_at),
      ...confirmed.flatMap((task) =>
        at(
          task.photos.filter((photo) => !one.photos.includes(photo)),
          task.ended_at,
        ),
      ),
    ]),
    group("after", at(one.feedback_photos, toldAt(one.flow, "feedback_submitted"))),
    group(
      "verification",
      at(
        one.verification_photos,
        toldAt(one.flow, "handling_verified", "verification_failed", "verification_unclear"),
      ),
    ),
  ];
}

/** The same of a case file, where every round's photos are kept: the latest first. */
export function shotsOfFile(file: Pick<CaseFile, "photos">): ShotGroup[] {
  const kind = (name: string): Shot[] =>
    (((file.photos as Record<string, Shot[]>) ?? {})[name] ?? []).slice().reverse();
  return [
    group("before", [...kind("confirmation"), ...kind("report")].reverse()),
    group("after", kind("feedback")),
    group("verification", kind("verification")),
  ];
}

/** One doubt in words: what, where, when, and where the same photo was used before. */
export function wordsOf(flag: Flag): string {
  const more = [
    flag.metres !== null && flag.metres !== undefined ? `相距 ${Math.round(flag.metres)} 米` : "",
    flag.taken_at ? `拍摄于 ${moment(flag.taken_at)}` : "",
    flag.other
      ? `见 ${flag.other.case_number ?? flag.other.report_number}（${moment(flag.other.used_at)}）`
      : "",
  ].filter(Boolean);
  return more.length ? `${flag.doubt_text}：${more.join("，")}` : flag.doubt_text;
}

/** The doubts of one photo on one occasion; a photo may be named on several. */
export function flagsOf(flags: Flag[], key: string, sha256: string): Flag[] {
  const occasions: Record<string, string[]> = {
    before: ["report", "confirmation"],
    after: ["feedback", "self_handling"],
    verification: ["verification"],
  };
  return flags.filter((flag) => flag.sha256 === sha256 && (occasions[key] ?? []).includes(flag.occasion));
}
