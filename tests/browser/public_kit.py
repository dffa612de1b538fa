"""A citizen's phone at the public page."""

from playwright.sync_api import Page, expect

from examples.city.photos import photo


def tell(page: Page, words: str) -> tuple[str, str]:
    """Report with a photo and the phone's position; the number and the query word."""
    page.goto("/public/")
    page.get_by_label("添加照片").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(words, width=640, height=480)[0]}
    )
    page.get_by_role("button", name="用我现在的位置").click()
    expect(page.get_by_text("误差约 25 米")).to_be_visible()
    page.get_by_role("textbox", name="地点").fill("人民路 18 号门前")
    page.get_by_label("问题描述").fill(words)
    page.get_by_role("button", name="提交").click()
    told = page.get_by_role("region", name="上报成功").get_by_role("definition")
    expect(told).to_have_count(2)
    return told.nth(0).inner_text(), told.nth(1).inner_text()
