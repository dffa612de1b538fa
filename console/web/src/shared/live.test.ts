import { describe, expect, it } from "vitest";
import { parse } from "./live";

describe("a server-sent event", () => {
  it("has a name, an id and data of several lines", () => {
    expect(parse("id: 17\nevent: change\ndata: a\ndata: b")).toEqual({
      id: "17",
      event: "change",
      data: "a\nb",
    });
  });

  it("is nothing when it is a heartbeat", () => {
    expect(parse(": still here")).toEqual({ id: "", event: "message", data: "" });
  });
});
