/** The posts (岗位) that are manned day and night and hand over (docs/domain.md, Rosters and hand-overs). */
export const POSTS: Record<string, string> = {
  hotline_agent: "话务员",
  intake_operator: "受理员",
  shift_supervisor: "值班长",
  dispatcher: "派遣员",
};
