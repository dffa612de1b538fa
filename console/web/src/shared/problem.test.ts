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

  it("of the front door, which no service has seen, may be sent again and says why", () => {
    const body = {
      type: "urn:qianliyan:problem:too-many-requests",
      title: "访问过于频繁 / too many",
      status: 429,
    };

    expect(refusal(429, body)).toBeInstanceOf(Away);
    expect(sentence(refusal(429, body))).toBe("访问过于频繁，请稍后再试");
  });

  it("of a service that was asked too often is its answer", () => {
    const body = {
      type: "urn:qianliyan:problem:login-locked",
      title: "连续输错密码，请稍后再试",
      status: 429,
    };

    expect(refusal(429, body)).toBeInstanceOf(Refused);
    expect(sentence(refusal(429, body))).toBe("连续输错密码，请稍后再试");
  });
});
