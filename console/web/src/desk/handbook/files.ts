/** Files of the handbook (手册文件): as they were published last, handed out to be changed and uploaded again. */
import { hall, told } from "@/shared/doors";

export const FILES: readonly { name: string; title: string }[] = [
  { name: "calendar.csv", title: "工作日历" },
  { name: "categories.csv", title: "大类小类" },
  { name: "filing_standards.csv", title: "立案标准" },
  { name: "closing_conditions.csv", title: "结案条件" },
  { name: "units.csv", title: "责任单位" },
  { name: "unit_types.csv", title: "单位类型" },
  { name: "duties.csv", title: "职责分工" },
  { name: "territories.csv", title: "属地" },
  { name: "villages.csv", title: "村居" },
  { name: "settings.yml", title: "参数" },
  { name: "components.csv", title: "部件" },
  { name: "unit_grid.geojson", title: "单元网格" },
  { name: "responsibility_grids.geojson", title: "责任网格" },
];

/** Fetch a file with the person's login and let the browser keep it under its name. */
export async function takeFile(name: string): Promise<void> {
  const content = await told(
    hall.GET("/api/console/handbook/files/{name}", { params: { path: { name } }, parseAs: "blob" }),
  );
  keepAs(name, content);
}

/** How long a browser may take to begin with what it was handed. */
const HANDED = 60_000;

function keepAs(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), HANDED);
}
