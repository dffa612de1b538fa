/** Who reported (上报人): masked for everybody; whole for whom may look and says why, which is written down. */
import { hotline, intake, told } from "@/shared/doors";
import { Refused } from "@/shared/problem";
import { may } from "@/shared/session";

export interface Reporter {
  name: string;
  telephone: string;
  other: string;
}

/** Callers are hotline's to know: their reports' numbers begin with H. */
function isCall(report_number: string): boolean {
  return report_number.startsWith("H");
}

export function mayReveal(report_number: string): boolean {
  return isCall(report_number) ? may("call_back") && may("take_call") : may("ask_confirmation");
}

async function callOf(report_number: string) {
  const { calls } = await told(
    hotline.GET("/api/hotline/calls", { params: { query: { report_number, limit: 1 } } }),
  );
  return calls?.[0];
}

/** The masked numbers of callers, for those who take calls; others see none. */
export async function maskedReporters(numbers: string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  if (!may("take_call")) return found;
  for (const number of numbers.filter(isCall)) {
    const call = await callOf(number).catch(() => undefined);
    if (call) found[number] = [call.caller_name, call.caller].filter(Boolean).join(" ");
  }
  return found;
}

/** Look at a reporter; the owner writes down who looked, when and why. */
export async function reveal(report_number: string, reason: string): Promise<Reporter> {
  if (isCall(report_number)) {
    const call = await callOf(report_number);
    if (!call?.call_id) throw new Refused(404, "not-found", "没有找到这次来电");
    const caller = await told(
      hotline.GET("/api/hotline/calls/{call_id}/caller", {
        params: { path: { call_id: call.call_id }, query: { reason } },
      }),
    );
    return { name: caller.caller_name ?? "", telephone: caller.caller_number ?? "", other: "" };
  }
  const reporter = await told(
    intake.GET("/api/intake/reports/{report_number}/reporter", {
      params: { path: { report_number }, query: { reason } },
    }),
  );
  const nobody = !reporter.name && !reporter.telephone && !reporter.openid;
  return {
    name: reporter.name ?? "",
    telephone: reporter.telephone ?? "",
    other: reporter.openid ? "微信上报，在微信内答复" : nobody ? "没有留下联系方式" : "",
  };
}
