/** Element Plus as every entry uses it: its styles, ours after them, and Chinese words. */
import "element-plus/dist/index.css";
import "./styles/theme.css";
import zh from "element-plus/es/locale/lang/zh-cn";

export { zh };
