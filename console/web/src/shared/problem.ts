/** What went wrong, as a clerk should read it: the server's problem+json, or its absence. */

export interface BrokenRule {
  field: string;
  rule: string;
}

/** The server said no. `title` is its Chinese sentence; `errors` name the fields. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    title: string,
    readonly detail = "",
    readonly errors: BrokenRule[] = [],
  ) {
    super(title);
  }

  /** The rule that a field broke, for its place in a form. */
  ruleOf(field: string): string | undefined {
    return this.errors.find((error) => error.field === field || error.field.startsWith(`${field}.`))?.rule;
  }
}

/** Nobody answered: the network or the service is away; the same request may be sent again. */
export class Away extends Error {
  constructor(words = "连接不上服务器，请检查网络后重试") {
    super(words);
  }
}

/** What the front door says to an address that asks too often: no service has seen the request. */
const TOO_MANY = "too-many-requests";

/** A refusal from an answer's status and body, whatever that body is. */
export function refusal(status: number, body: unknown): Refused | Away {
  if (status === 502 || status === 503 || status === 504) return new Away();
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const kind = String(said.type ?? "").replace("urn:qianliyan:problem:", "");
  if (status === 429 && kind === TOO_MANY) return new Away("访问过于频繁，请稍后再试");
  const errors = Array.isArray(said.errors) ? (said.errors as BrokenRule[]) : [];
  return new Refused(
    status,
    kind,
    String(said.title ?? `出错了（${status}）`),
    String(said.detail ?? ""),
    errors,
  );
}

const CHINESE = /[\u4e00-\u9fff]/;

/** One sentence for a message box; details without a Chinese word are meant for engineers. */
export function sentence(error: unknown): string {
  if (error instanceof Refused) {
    const rules = error.errors.map((broken) => broken.rule).join("；");
    const detail = CHINESE.test(error.detail) ? error.detail : "";
    return [error.message, rules || detail].filter(Boolean).join("：");
  }
  if (error instanceof Away) return error.message;
  console.error(error);
  return "页面出错了，请刷新后重试";
}
