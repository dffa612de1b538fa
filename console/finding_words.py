"""What is wrong with a handbook, in Chinese (手册检查意见): the check itself speaks English."""

import re

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (r"(\w+) is empty", "{} 不能为空"),
        (r"(\w+) (.+) is not (\d+) digits", "{0} 应为 {2} 位数字，现为 {1}"),
        (r"(\w+) (.+) is not a whole number", "{0} 应为整数，现为 {1}"),
        (r"(\w+) (.+) is not a number", "{0} 应为数字，现为 {1}"),
        (r"(\w+) (.+) is out of range", "{0} 超出范围，现为 {1}"),
        (r"(\w+) (.+) is none of (.+)", "{0} 应为 {2} 之一，现为 {1}"),
        (r"(\w+) (.+) is neither yes nor no", "{0} 应为 yes 或 no，现为 {1}"),
        (r"date (.+) is not a date", "日期 {} 格式不正确"),
        (r"code (.+) is not lower-case letters and digits", "代码 {} 只能用小写字母和数字"),
        (r"limit (\d+) is less than (\d+)", "时限 {} 不能小于 {}"),
        (r"limit (\d+) is more than (\d+)", "时限 {} 不能大于 {}"),
        (r"column (.+) is missing", "缺少列 {}"),
        (r"has (\d+) cells, the heading has (\d+)", "本行有 {} 格，表头有 {} 格"),
        (r"is not UTF-8", "不是 UTF-8 编码"),
        (r"is not CSV: (.+)", "不是 CSV 表格：{}"),
        (r"is not YAML: (.+)", "不是 YAML：{}"),
        (r"(.+) occurs twice", "{} 重复"),
        (r"occurs twice", "重复"),
        (r"is missing in the archive", "压缩包中缺少此文件"),
        (r"is missing in (.+)", "{} 中缺少此文件"),
        (r"is not a handbook archive: (.+)", "不是手册压缩包：{}"),
        (r"holds no file", "压缩包中没有文件"),
        (r"does not belong in a handbook archive", "手册压缩包中不应有此文件"),
        (r"is larger than (\d+) bytes( when unpacked)?", "超过 {} 字节"),
        (r"cannot be read: (.+)", "无法读取：{}"),
        (r"unit type (.+) is not in (\S+)", "单位类型 {} 不在 {} 中"),
        (r"component kind (.+) is not in (\S+)", "部件小类 {} 不在 {} 中"),
        (r"subcategory (.+) is not in (\S+)", "小类 {} 不在 {} 中"),
        (r"standard (.+) is not in (\S+)", "立案标准 {} 不在 {} 中"),
        (r"town (.+) is not in (\S+)", "乡镇 {} 不在 {} 中"),
        (r"area (.+) is not a town in (\S+)", "区域 {} 不是 {} 中的乡镇"),
        (r"area (.+) is neither a town nor a responsibility grid", "区域 {} 既不是乡镇也不是责任网格"),
        (r"unit (.+) is not in (\S+)", "单位 {} 不在 {} 中"),
        (r"owner (.+) is not in (\S+)", "产权单位 {} 不在 {} 中"),
        (r"keeper (.+) is not in (\S+)", "养护单位 {} 不在 {} 中"),
        (r"(\w+) (\S+) is not in (\S+)", "{} {} 不在 {} 中"),
        (r"unit (.+) is not active", "单位 {} 已停用"),
        (r"unit (.+) cannot assist itself", "单位 {} 不能协办自己主办的案件"),
        (r"unit (.+) has no duty", "单位 {} 没有职责"),
        (r"(.+) does not lie in town (.+)", "{} 不属于乡镇 {}"),
        (r"(.+) has no closing condition", "{} 没有结案条件"),
        (r"(.+) has no filing condition", "{} 没有立案条件"),
        (r"(.+) has no filing standard", "{} 没有立案标准"),
        (r"(.+) has no duty", "{} 没有职责分工"),
        (r"(.+) has no row that could be taken out", "{} 没有可以删除的行"),
        (r"make-up day (.+) is not at a weekend", "调休上班日 {} 不在周末"),
        (r"covers no year", "没有任何年份"),
        (r"(\d+) lacks (.+)", "{} 年缺少{}"),
        (r"automatic_dispatch: (.+) is not in (\S+)", "自动派遣：{} 不在 {} 中"),
        (r"an alias \(\*\) has no place in settings", "参数文件中不能使用别名（*）"),
        (r"missing key (.+)", "缺少参数 {}"),
        (r"unknown key (.+)", "未知参数 {}"),
        (r"is not a GeoJSON feature collection: (.+)", "不是 GeoJSON 要素集：{}"),
        (r"lacks a property or its geometry: (.+)", "缺少属性或图形：{}"),
        (r"the geometry is not a polygon without holes", "图形应为不带洞的多边形"),
        (r"the polygon has a bad point: (.+)", "多边形中有错误的点：{}"),
        (r"the polygon is not a closed ring", "多边形没有闭合"),
        (r"the polygon leaves the earth.*", "坐标超出经纬度范围"),
        (r"(\S+) is a bad polygon: (.+)", "{} 的多边形有误：{}"),
        (r"(\S+) says (\d+) m2 and measures (\d+)", "{} 登记面积 {} 平方米，实测 {} 平方米"),
        (r"(\S+): (\S+) is not in (\S+)", "{}：{} 不在 {} 中"),
        (r"(\S+): responsibility grid (.+) is unknown", "{}：责任网格 {} 不存在"),
        (r"(\S+): (\S+) belongs to another town", "{}：{} 属于另一个乡镇"),
        (r"(\S+) overlaps (\S+)", "{} 与 {} 重叠"),
        (r"gap beside (\S+) at (.+)", "{} 旁有空隙，位置 {}"),
        (r"gap: the grid lies in (\d+) separate pieces", "网格分成了 {} 块"),
        (r"(\S+): its border does not match its neighbour's", "{} 的边界与相邻网格不吻合"),
        (r"(\S+) has no cell", "{} 没有单元网格"),
        (r"(\S+) is not in one piece", "{} 不是完整的一块"),
        (r"(\S+) is not the area of its cells", "{} 与其单元网格的范围不一致"),
        (r"(\S+) is missing an owner, and its kind has no duty", "{} 没有产权单位，其小类也没有职责分工"),
        (r"(\S+): unit grid cell (\S+) is unknown", "{}：单元网格 {} 不存在"),
        (r"(\S+) does not lie in its cell (\S+)", "{} 不在所填单元网格 {} 内"),
        (r"(\S+) does not begin with (\S+)", "{} 应以 {} 开头"),
    )
)


def in_chinese(message: str) -> str:
    """The message in Chinese; as it is when it is none of the check's."""
    for pattern, chinese in _PATTERNS:
        if found := pattern.fullmatch(message):
            groups = found.groups(default="")
            return chinese.format(*groups)
    return message
