# 千里眼 Qianliyan: the commands of everyday work. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup web run test check contracts handbook-check journey year bench eval-evidence mutation test-long format
ARGS ?=

help: ## 列出命令 / list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

setup: ## 安装所需的一切 / install what is missing (Debian 12, root or sudo)
	@scripts/setup

web: setup ## 构建网页 / build the browser application
	@scripts/web

run: web ## 启动系统，Ctrl-C 停止 / start everything, Ctrl-C stops (ARGS="--port 19000")
	@.venv/bin/qianliyan run $(ARGS)

test: ## 全部测试 / every test
	@scripts/setup tests
	@scripts/web
	@scripts/test

check: web ## 规范、类型、分层和快速测试 / lint, types, arrows, fast tests
	@scripts/check

contracts: setup ## 写出消息文档 / write docs/asyncapi.yaml and docs/messages.md
	@.venv/bin/qianliyan contracts write

handbook-check: setup ## 检查监督指挥手册数据 / check the handbook's data
	@.venv/bin/python -m handbook.check $(ARGS)

journey: web ## 一批问题走完全程 / the main job end to end
	@.venv/bin/python -m tests.journey $(ARGS)

year: web ## 十一个月的案件，2019 年 7 月至 2020 年 5 月 / eleven months of cases, July 2019 to May 2020
	@.venv/bin/python -m tests.year $(ARGS)

bench: web ## 性能基准 / benchmarks
	@.venv/bin/python -m bench $(ARGS)

mutation: setup ## 变异测试：规则的每一处改动都应使测试失败 / change the rules, tests must fail
	@scripts/mutation


eval-evidence: setup ## 照片重复使用的识别率 / how well photos used twice are found
	@.venv/bin/python -m bench.evidence $(ARGS)

test-long: web ## 长时测试 / what takes hours
	@scripts/test long

format: setup ## 整理代码格式 / format the code
	@.venv/bin/ruff check --fix -q . ; .venv/bin/ruff format .
