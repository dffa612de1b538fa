"""Generators of the default data (示例数据生成): the same source gives the same bytes."""
