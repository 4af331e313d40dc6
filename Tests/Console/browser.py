"""A browser as a person uses it: things are found by their label, role and text, and whatever is
waited for is something that is shown."""

import datetime
import os
import re
import shutil

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException, ElementNotInteractableException, JavascriptException,
    NoSuchElementException, StaleElementReferenceException, WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

import gateway
from free_ports import free_port
from gateway import wait_until

# What a page that is being rendered again answers: look again.
UNSETTLED = (
    ElementClickInterceptedException, ElementNotInteractableException, JavascriptException,
    NoSuchElementException, StaleElementReferenceException,
)
# The same of one that is being left, for which chromedriver has no class.
LEAVING = ("aborted by navigation", "context with specified id", "context was destroyed",
           "uniqueContextId not found", "does not belong to the document")
# What toasts have said on this page; they leave after seconds.
LISTENER = """
window.announcements = [];
new MutationObserver((records) => {
    for (const record of records) {
        if (record.target.id !== "toasts") continue;
        for (const node of record.addedNodes) window.announcements.push(node.textContent);
    }
}).observe(document, { childList: true, subtree: true });
// What is pushed to this page from the first event of each kind on is news to it.
window.awaitedEvents = new Set();
window.EventSource = class extends EventSource {
    constructor(address, ...more) {
        super(address, ...more);
        const types = new URL(address, location.href).searchParams.get("types") ?? "";
        // Only of these is there a first event, which says how it is now.
        const expected = types.split(",").filter((type) => ["status", "sessions"].includes(type));
        for (const type of ["open", ...expected]) {
            window.awaitedEvents.add(type);
            this.addEventListener(type, () => window.awaitedEvents.delete(type));
        }
    }
};
"""
LIVE = """
return !document.querySelector("main[data-events]")
    || document.readyState === "complete" && window.awaitedEvents.size === 0;
"""
BUTTONS = "button, a[href], summary, [role=button], [role=menuitem], input[type=submit]"
FIELDS = "input:not([type=hidden]), select, textarea"
VISIBLE = """
const [root, selector] = arguments;
return Array.from((root ?? document).querySelectorAll(selector))
    .filter((element) => element.checkVisibility({ visibilityProperty: true }));
"""


def matches(wanted, text):
    """Whether a text is the one that is wanted: the same one, or one that a pattern matches."""
    text = " ".join((text or "").split())
    return bool(wanted.search(text)) if isinstance(wanted, re.Pattern) else wanted == text


class Part:
    """A part of a page: a dialog, a section, a row. It is looked up whenever it is needed."""

    def __init__(self, browser, find, what):
        self.browser = browser
        self.find = find
        self.what = what

    @property
    def driver(self):
        return self.browser.driver

    # Finding.

    def all(self, selector):
        """What is shown, in the page's order."""
        return self.driver.execute_script(VISIBLE, self.find(), selector)

    def _only(self, elements, what):
        if not elements:
            raise NoSuchElementException(f"no {what} in {self.what}")
        return elements[0]

    def _button(self, name):
        found = [
            element for element in self.all(BUTTONS)
            if matches(name, element.text) or matches(name, element.accessible_name)
        ]
        return self._only(found, f"button {name!r}")

    def _field(self, label):
        found = [
            element for element in self.all(FIELDS) if matches(label, element.accessible_name)
        ]
        return self._only(found, f"field {label!r}")

    def _part(self, selector, text, what):
        """The innermost one with this text."""
        def find():
            found = [element for element in self.all(selector) if text in element.text]
            return self._only(found, what)

        return Part(self.browser, find, f"{what} of {self.what}")

    def row(self, text):
        """The row of a table that shows a text."""
        return self._part("tbody tr", text, f"row {text!r}")

    def section(self, heading):
        def find():
            for section in self.all("section, .card"):
                if any(each.text == heading for each in Part(
                        self.browser, lambda: section, heading).all("h1, h2")):
                    return section
            raise NoSuchElementException(f"no section {heading!r}")

        return Part(self.browser, find, f"section {heading!r}")

    # Reading.

    @property
    def text(self):
        return self.browser.steadily(lambda: self.find().text, f"the text of {self.what}")

    def wait_for(self, text):
        """Waits until a text is shown."""
        def check():
            shown = self.find().text
            found = text.search(shown) if isinstance(text, re.Pattern) else text in shown
            return True if found else None

        self.browser.steadily(check, f"{text!r} in {self.what}")
        return self

    def wait_without(self, text):
        self.browser.steadily(lambda: text not in self.find().text or None,
                              f"{self.what} without {text!r}")
        return self

    def secret(self):
        """What a dialog shows only once."""
        def find():
            [shown] = self.all("pre") or [None]
            return shown and shown.text.strip() or None

        return self.browser.steadily(find, f"a secret in {self.what}")

    def has_button(self, name):
        def look():
            try:
                return bool(self._button(name))
            except NoSuchElementException:
                return False

        return self.browser.steadily(look, f"a look for {name!r}")

    def has_row(self, text):
        def look():
            return any(text in row.text for row in self.all("tbody tr"))

        return self.browser.steadily(look, f"a look for the row {text!r}")

    def value(self, label):
        return self.browser.steadily(
            lambda: self._field(label).get_property("value"), f"the value of {label!r}"
        )

    # Acting.

    def press(self, name):
        self._press(lambda: self._button(name), f"a press of {name!r}")
        return self

    def _press(self, find, what):
        def act():
            element = find()
            # As one scrolls to what one wants to press, so that nothing covers it.
            self.driver.execute_script("arguments[0].scrollIntoView({ block: 'center' });", element)
            element.click()
            return True

        self.browser.steadily(act, what)

    def type(self, label, text, replaces=True):
        """Types a text into the field with a label."""
        def act():
            field = self._field(label)
            if replaces:
                field.clear()
            field.send_keys(text)
            return True

        self.browser.steadily(act, f"typing into {label!r}")
        return self

    def choose(self, label, option=None):
        """Chooses an option of a list, or a radio button or box whose label begins so."""
        def act():
            if option is not None:
                Select(self._field(label)).select_by_visible_text(option)
            else:
                field = self._field(re.compile("^" + re.escape(label)))
                if not field.is_selected():
                    field.click()
            return True

        self.browser.steadily(act, f"choosing {label!r}")
        return self

    def pick_time(self, label, moment):
        """Picks a moment. How its parts are typed depends on the system's language."""
        def act():
            self.driver.execute_script(
                "const [field, value] = arguments; field.value = value;"
                " field.dispatchEvent(new Event('input', { bubbles: true }));",
                self._field(label), moment.strftime("%Y-%m-%dT%H:%M"),
            )
            return True

        self.browser.steadily(act, f"picking a moment for {label!r}")
        return self


class Browser(Part):
    """A window of its own, whose cookies no other one sees."""

    def __init__(self, folder, name, visible=False, width=1280):
        self.name = name
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for option in [
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--lang=en-US",
            f"--window-size={width},900",
            # The provider's page names a style sheet of the internet.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            f"--user-data-dir={folder}/chromium-{name}",
        ] + ([] if visible else ["--headless=new"]) + (
            ["--no-sandbox"] if os.geteuid() == 0 else []
        ):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # Not one that it finds: until it listens, that could become another connection's.
        service = Service(shutil.which("chromedriver"), port=free_port())
        self._driver = webdriver.Chrome(options=options, service=service)
        self._driver.set_page_load_timeout(gateway.PATIENCE)
        self._driver.set_script_timeout(gateway.PATIENCE)
        self._driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": LISTENER}
        )
        super().__init__(self, lambda: self._driver.find_element(By.TAG_NAME, "body"), "the page")

    @property
    def driver(self):
        return self._driver

    def quit(self):
        self._driver.quit()

    def steadily(self, action, what):
        """Does something as soon as it can be done, however often the page is rendered meanwhile."""
        last = []

        def attempt():
            try:
                return (action(),)
            except WebDriverException as error:
                text = str(error)
                if not isinstance(error, UNSETTLED) and not any(each in text for each in LEAVING):
                    raise
                last[:] = [text.splitlines()[0]]
                return None

        def check():
            result = attempt()
            return result if result and result[0] is not None else None

        return wait_until(
            check, lambda: f"{what} at {self._driver.current_url} {last}\n{self.shown()}"
        )[0]

    def shown(self):
        """The start of what a person looks at, for messages."""
        try:
            dialogs = "\n".join(each.text for each in self.all("dialog[open]"))
            return (dialogs or "\n".join(each.text for each in self.all("main")))[:2_000]
        except UNSETTLED:
            return "(no page)"

    # Going.

    def go(self, url):
        self._driver.get(url)
        return self

    @property
    def path(self):
        return re.sub("^https?://[^/]*", "", self._driver.current_url)

    def wait_for_path(self, path):
        self.steadily(lambda: self.path.split("?")[0] == path or None, f"the page {path}")
        self.steadily(lambda: self._driver.execute_script(
            "return document.readyState === 'complete' || null"), f"a loaded page {path}")
        return self

    def open_place(self, name):
        """Follows a link of the console's side."""
        def find():
            return self._driver.find_element(By.CSS_SELECTOR, "nav[aria-label=Console]")

        Part(self, find, "the console's places").press(re.compile(f"^{re.escape(name)}\\b"))
        self.wait_for_heading(name)
        return self

    def wait_for_heading(self, text):
        """Waits until a page with this heading is shown, and its scripts listen to keys."""
        def check():
            return any(matches(text, each.text) for each in self.all("h1")) and (
                self._driver.execute_script("return document.readyState === 'complete'")
            ) or None

        self.steadily(check, f"the heading {text!r}")
        return self

    def wait_until_live(self):
        """Waits until the page is told of what happens from now on, if it wants to be."""
        self.steadily(lambda: self._driver.execute_script(LIVE) or None, "a live page")
        return self

    def dialog(self, title):
        """The dialog that is open and has this title."""
        def find():
            for dialog in self.all("dialog[open]"):
                if matches(title, dialog.accessible_name):
                    return dialog
            raise NoSuchElementException(f"no dialog {title!r} is open")

        return Part(self, find, f"the dialog {title!r}")

    def wait_for_no_dialog(self):
        self.steadily(lambda: not self.all("dialog[open]") or None, "that no dialog is open")
        return self

    def wait_for_announcement(self, text):
        """Waits until a toast of this page says something, or has said it."""
        self.steadily(
            lambda: any(text in each for each in self._driver.execute_script(
                "return window.announcements")) or None,
            f"the announcement {text!r}",
        )
        return self

    # By the keyboard alone.

    def keys(self, *keys):
        """Presses keys, wherever the focus is."""
        for key in keys:
            ActionChains(self._driver).send_keys(key).perform()
        return self

    @property
    def focused(self):
        return self._driver.switch_to.active_element

    def tab_to(self, name, backwards=False):
        """Moves the focus to the control with this name, as the tab key does it."""
        seen = []
        for _ in range(400):
            if backwards:
                ActionChains(self._driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(
                    Keys.SHIFT).perform()
            else:
                self.keys(Keys.TAB)
            try:
                focused = self.focused
                names = (focused.accessible_name, focused.text)
            except StaleElementReferenceException:
                continue
            if any(matches(name, each) for each in names):
                return self
            seen.append(names[0])
        raise AssertionError(f"the tab key never reaches {name!r}: {seen[:60]}")

    # Looking.

    def screenshot(self, path):
        self._driver.save_screenshot(str(path))

    def console_errors(self):
        """What the browser has complained of since the last time."""
        return [
            entry["message"] for entry in self._driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]


def tomorrow():
    return datetime.datetime.now() + datetime.timedelta(days=1)
