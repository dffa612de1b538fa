import { describe, expect, it } from "vitest";
import { Away, refusal, Refused, sentence } from "./problem";

describe("a refusal", () => {
  const body = {
    type: "urn:qianliyan:problem:invalid",
    title: "不符合要求",
    status: 422,
    errors: [{ field: "position.lon", rule: "不在本县范围内" }],
  };

  it("is said in the server's words, field by field", () => {
    const refused = refusal(422, body) as Refused;

    expect(refused.kind).toBe("invalid");
    expect(refused.ruleOf("position")).toBe("不在本县范围内");
    expect(sentence(refused)).toBe("不符合要求：不在本县范围内");
  });

  it("leaves out what is meant for engineers", () => {
    const said = (detail: string) => sentence(refusal(409, { title: "任务已改派", detail }));

    expect(said("assignment 3 is not in state handling")).toBe("任务已改派");
    expect(said("已改派给示例环卫")).toBe("任务已改派：已改派给示例环卫");
  });

  it("is still a sentence when a proxy answers with something else", () => {
    expect(sentence(refusal(418, "<html>"))).toBe("出错了（418）");
  });

  it("of an absent service is no refusal", () => {
    expect(refusal(502, null)).toBeInstanceOf(Away);
  });
});
