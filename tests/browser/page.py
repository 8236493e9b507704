"""The page of a running job in a real browser: what it shows, and that it can stop the job.

Run by `run.sh`, with the address of the page, the process, the directory of its faults, one for
pictures, and the program.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

URL, PROCESS, FAULTS, PICTURES, PROGRAM = sys.argv[1:6]
PATIENCE = 60


def browser(width, height, dark=False):
    """A browser of its own, that keeps nothing and asks nobody but the page."""
    options = webdriver.ChromeOptions()
    profile = tempfile.mkdtemp(prefix="browser-")
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
        f"--window-size={width},{height}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium")
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    driver.profile = profile
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wishes.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    return driver


class Page(unittest.TestCase):
    """What the tests are made of. They run in the order of their names."""

    width, height, dark = 1280, 900, False

    def setUp(self):
        self.driver = browser(self.width, self.height, self.dark)
        self.addCleanup(self.close)
        self.driver.get(URL)
        self.wait("the job is stable", lambda: self.text("kind") == "stable")

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.driver.profile, ignore_errors=True)

    def text(self, ident):
        return self.driver.find_element(By.ID, ident).get_attribute("textContent")

    def tile(self, name):
        tiles = self.driver.find_elements(By.CSS_SELECTOR, "#tiles > div")
        texts = [tile.get_attribute("innerText").split("\n") for tile in tiles]
        return next(text[-1] for text in texts if text[0] == name)

    def rows(self, ident):
        rows = self.driver.find_elements(By.CSS_SELECTOR, f"#{ident} tbody tr")
        return [row.get_attribute("innerText") for row in rows]

    def wait(self, what, holds):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if holds():
                    return
            except (StaleElementReferenceException, StopIteration):
                pass
            time.sleep(0.05)
        self.picture("failed")
        self.fail(f"not seen: {what}")

    def picture(self, name, whole=False):
        if whole:
            height = self.driver.execute_script("return document.documentElement.scrollHeight")
            screen = {"width": self.width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            time.sleep(0.5)
        self.driver.save_screenshot(os.path.join(PICTURES, f"{name}.png"))

    def fault(self, name):
        path = os.path.join(FAULTS, name)
        open(path, "w").close()
        self.addCleanup(lambda: os.path.exists(path) and os.remove(path))
        return path

    def no_complaints(self):
        """Neither the page nor the browser's rules for it complain."""
        severe = [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        self.assertEqual(severe, [])

    def no_overflow(self):
        """Nothing sticks out to the side."""
        wide = self.driver.execute_script("return document.documentElement.scrollWidth")
        self.assertLessEqual(wide, self.width)


class Wide(Page):
    """On a screen."""

    def test_1_numbers_move_while_the_job_runs(self):
        self.assertNotIn("token", self.driver.current_url)
        seen = {name: self.tile(name) for name in ("Completed", "Records", "Running for")}
        line = lambda: self.driver.find_element(By.CSS_SELECTOR, ".chart .line").get_attribute("d")
        before = line()
        for name, value in seen.items():
            self.wait(f"{name} moves on from {value}", lambda: self.tile(name) != value)
        self.wait("the chart moves", lambda: line() != before)
        newest = self.rows("completed")[0]
        self.wait("there are newer batches", lambda: self.rows("completed")[0] != newest)
        rates = lambda: [it.text for it in self.driver.find_elements(By.CSS_SELECTOR, ".graph .rate") if it.text]
        self.wait("the arrows of the plan have rates", lambda: len(rates()) >= 4)
        self.wait("a late record is counted", lambda: not self.tile("Late").startswith("0 "))
        # Wait for a chart with something in it.
        self.wait("there are batches", lambda: "(1" in self.text("completed").split(")")[0] + ")")
        self.no_overflow()
        self.no_complaints()
        self.picture("overview", whole=True)

    def test_2_a_failing_output_shows_its_error(self):
        fault = self.fault("output")
        shown = lambda ident: any("the database is gone" in row for row in self.rows(ident))
        self.wait("the output's error", lambda: shown("outputs"))
        self.wait("the batch is tried again", lambda: any("attempt" in row for row in self.rows("running")))
        self.wait("it is stuck", lambda: self.text("kind") == "stuck")
        self.assertIn("the database is gone", self.text("reason"))
        self.assertIn("stuck", self.text("spoken"))
        self.assertTrue(self.driver.find_elements(By.CSS_SELECTOR, ".box.failing"))
        self.picture("failing", whole=True)
        os.remove(fault)
        self.wait("the job is well again", lambda: self.text("kind") == "stable")
        # By then it may be on another page of the table, unless that is sorted by error.
        self.driver.find_element(By.XPATH, "//*[@id='completed']//th/button[text()='Error']").send_keys(Keys.ENTER)
        self.wait("the batch has its error", lambda: shown("completed"))
        # The rows move on all the time, so that it is asked for in one step.
        failed = "[...document.querySelectorAll('#completed tbody tr')].find((it) => it.innerText.includes('gone'))"
        self.driver.get(self.driver.execute_script(f"return {failed}.querySelector('a').href"))
        self.wait("the page of the batch", lambda: "Attempts that failed" in self.text("one"))
        self.assertIn("the database is gone", self.text("one"))
        self.assertIn("it is tried again", self.text("one"))
        self.picture("batch", whole=True)
        self.no_complaints()

    def test_3_a_receiver_that_dies_and_comes_back_is_seen(self):
        readings = lambda: next(row for row in self.rows("inputs") if row.startswith("readings"))
        self.assertIn("receiving", readings())
        fault = self.fault("receiver")
        self.wait("the receiver is being restarted", lambda: "restarting" in readings())
        self.assertIn("the sensors do not answer", readings())
        self.picture("receiver")
        os.remove(fault)
        self.wait("it is back", lambda: "receiving" in readings())
        self.assertIn("the sensors do not answer", readings(), "the last error stays")

    def test_4_a_job_that_is_too_slow_is_said_to_fall_behind(self):
        fault = self.fault("slow")
        self.wait("it falls behind", lambda: self.text("kind") == "falling behind")
        self.assertIn("longer than its interval", self.text("reason"))
        self.wait("batches wait", lambda: self.rows("waiting"))
        self.picture("slow", whole=True)
        os.remove(fault)
        self.wait("it has caught up", lambda: self.text("kind") == "stable")

    def test_5_tables_sort_and_the_keyboard_reaches_everything(self):
        heading = lambda: self.driver.find_element(By.XPATH, "//*[@id='completed']//th[contains(., 'Processing time')]")
        times = lambda: [row.split("\t")[3] for row in self.rows("completed")]
        in_us = lambda text: float(text.split()[0]) * {"µs": 1, "ms": 1e3, "s": 1e6}[text.split()[1]]
        heading().find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
        self.assertEqual(heading().get_attribute("aria-sort"), "descending")
        self.wait("it is sorted", lambda: [in_us(it) for it in times()] == sorted(map(in_us, times()), reverse=True))
        self.driver.refresh()
        self.wait("there are rows", lambda: self.rows("completed"))
        reached = []
        for _ in range(45):
            self.driver.switch_to.active_element.send_keys(Keys.TAB)
            at = self.driver.switch_to.active_element
            reached.append(at.get_attribute("id") or at.get_attribute("textContent"))
        for wanted in ("stop", "graph", "Processing time"):
            self.assertTrue(any(wanted in str(it) for it in reached), (wanted, reached))
        self.no_complaints()

    def test_6_without_the_token_the_page_is_seen_and_the_job_not_stopped(self):
        self.driver.execute_script("sessionStorage.clear()")
        self.driver.get(URL.split("?")[0])
        self.wait("the job is stable", lambda: self.text("kind") == "stable")
        self.driver.find_element(By.ID, "stop").click()
        self.driver.find_element(By.ID, "token").send_keys("not the token", Keys.ENTER)
        self.wait("it is refused", lambda: "missing or wrong" in self.text("ask-error"))
        self.picture("refused")
        self.driver.find_element(By.ID, "ask-no").click()
        os.kill(int(PROCESS), 0)


class Phone(Page):
    """On a phone, in the dark."""

    width, height, dark = 390, 844, True

    def test_7_a_phone_in_the_dark(self):
        back = self.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        shade = [int(part) for part in back[4:-1].split(",")]
        self.assertLess(sum(shade), 150, back)
        self.no_overflow()
        self.picture("phone")
        self.driver.find_element(By.CSS_SELECTOR, "#completed tbody a").click()
        self.wait("the page of the batch", lambda: "Processing time" in self.text("one"))
        self.no_overflow()
        self.picture("phone-batch")
        self.driver.back()
        self.wait("the page of all", lambda: self.driver.find_element(By.ID, "all").is_displayed())
        self.picture("phone-whole", whole=True)
        self.no_complaints()


class Stop(Page):
    """By the button."""

    def test_9_the_stop_button_stops_the_job(self):
        self.driver.find_element(By.ID, "stop").click()
        self.assertTrue(self.driver.find_element(By.ID, "ask").is_displayed())
        self.driver.find_element(By.ID, "ask-no").click()
        self.wait("it goes on", lambda: not self.driver.find_element(By.ID, "ask").is_displayed())
        os.kill(int(PROCESS), 0)
        self.driver.find_element(By.ID, "stop").click()
        self.picture("stop")
        self.driver.find_element(By.ID, "ask-yes").click()
        self.wait("the job has ended", lambda: self.text("kind") == "stopped")
        self.assertIn("The job has ended", self.text("lost"))
        self.picture("stopped")


class Remote(Page):
    """At an address that other machines can reach."""

    def setUp(self):
        self.token = "0123456789abcdef"
        self.job = subprocess.Popen(
            [PROGRAM, "--ui", "0.0.0.0:0", "--duration", "5min"],
            env={**os.environ, "STREAM_UI_TOKEN": self.token},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.job.stderr.close)
        self.addCleanup(self.job.wait)
        self.addCleanup(self.job.kill)
        self.url = self.job.stderr.readline().split()[-1].replace("0.0.0.0", "127.0.0.1")
        self.driver = browser(self.width, self.height)
        self.addCleanup(self.close)

    def test_8_the_page_asks_for_the_token_once(self):
        self.driver.get(self.url + "#plan")
        self.wait("it asks", lambda: "needs its token" in self.driver.page_source)
        self.assertNotIn("monitored", self.driver.page_source)
        self.picture("sign-in")
        self.driver.find_element(By.ID, "token").send_keys("not-the-right-one", Keys.ENTER)
        self.wait("it was wrong", lambda: "not the token" in self.text("wrong"))
        self.driver.find_element(By.ID, "token").send_keys(self.token, Keys.ENTER)
        shown = lambda: self.driver.find_elements(By.ID, "kind") and self.text("kind") == "stable"
        self.wait("the job is stable", shown)
        for _ in range(2):
            self.assertNotIn(self.token, self.driver.current_url)
            self.driver.refresh()
            self.wait("the tab knows the token", shown)
        self.driver.find_element(By.ID, "stop").click()
        self.driver.find_element(By.ID, "ask-yes").click()
        self.wait("the job has ended", lambda: self.job.poll() is not None)
        self.assertEqual(self.job.returncode, 0)


def load_tests(loader, _tests, _pattern):
    """In this order: what ends the job comes last."""
    parts = (Wide, Phone, Remote, Stop)
    return unittest.TestSuite(loader.loadTestsFromTestCase(part) for part in parts)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[6:]], verbosity=2)
