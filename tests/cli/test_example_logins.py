"""The example logins that a start tells."""

from pathlib import Path

from cli.example_logins import told
from console.seed import COLUMNS


def test_a_start_tells_one_login_of_each_role_and_where_all_stand(tmp_path: Path) -> None:
    file = tmp_path / "example-logins.csv"
    rows = [
        *(
            (f"hotline{number}", f"secret-{number}", "示例话务员", "hotline_agent", "")
            for number in range(1, 40)
        ),
        ("leader", "secret-leader", "示例领导", "leader", ""),
    ]
    file.write_text("\n".join(",".join(row) for row in [COLUMNS, *rows]) + "\n", encoding="utf-8")

    title, *lines = told(file).splitlines()

    assert str(file) in title
    assert "40" in title
    assert [line.split()[:2] for line in lines] == [["hotline1", "secret-1"], ["leader", "secret-leader"]]


def test_an_installation_without_examples_says_so(tmp_path: Path) -> None:
    assert "没有示例账号" in told(tmp_path / "example-logins.csv")
