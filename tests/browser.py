"""A real browser for pages: Debian's chromium, headless, with an empty profile and nothing to reach."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PLACES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # as root there is none; pages are our own, and the tests of hostile text want to see it run
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=1",
)


class Browser:
    """What tests do with a page."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self._said: list[str] = []

    def open(self, page: Path, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Load a file and wait until its script says that it is done."""
        self.look(width, height, dark)
        self.driver.get("about:blank")
        self.logs()
        self._said.clear()
        self.driver.get(page.as_uri())
        self.wait("document.documentElement.dataset.ready === 'yes'")

    def look(self, width: int, height: int = 900, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": theme})

    def ask(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression}")

    def wait(self, expression: str, seconds: float = 30.0) -> None:
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.ui import WebDriverWait

        try:
            WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: self.ask(expression))
        except TimeoutException:
            raise AssertionError(f"never true: {expression}; console: {self.logs()}") from None

    def click(self, x: float, y: float) -> None:
        """A real click at a place of the viewport."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {"button": "none"} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **button})

    def logs(self) -> list[str]:
        """What the console has said since the page was opened: errors, warnings, refusals of the page's policy."""
        self._said += [entry["message"] for entry in self.driver.get_log("browser")]
        return list(self._said)

    def shoot(self, to: Path, whole: bool = True) -> None:
        """A picture of the page, for people."""
        import base64

        height = self.ask("document.documentElement.scrollHeight") if whole else self.ask("innerHeight")
        width = self.ask("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        told = {"captureBeyondViewport": True, "clip": clip}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", told)
        to.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def started() -> Iterator[Browser]:
    """A browser with a profile of its own; where there is none, the test is skipped and says what to install."""
    from selenium import webdriver

    program = next((found for name in PLACES if (found := shutil.which(name))), None)
    driver_program = shutil.which("chromedriver")
    if program is None or driver_program is None:
        pytest.skip("no browser here: install chromium and chromium-driver (Debian, Ubuntu)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(prefix="profile-", ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        service = webdriver.ChromeService(driver_program, env={**os.environ, "HOME": profile})
        driver = webdriver.Chrome(options, service)
        try:
            yield Browser(driver)
        finally:
            driver.quit()
