"""The console for everyone: by the rules of WCAG 2.2, at any width, and by the keyboard alone."""

import json
import re
from importlib.resources import files

from selenium.webdriver.common.keys import Keys

from gateway import AWS, AZURE, Client, is_admitted, proxy_header, query
from journeys import Journey

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# Level AA of each version: what can be decided without a person.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { runOnly: { type: "tag", values: arguments[0] }, resultTypes: ["violations"] })
    .then((result) => done(result.violations.map(({ id, help, nodes }) => ({
        id, help, count: nodes.length,
        nodes: nodes.slice(0, 5).map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
    }))), (error) => done([{ id: "axe", help: String(error), nodes: [], count: 0 }]));
"""
WIDTHS = [360, 1280, 2560]
# What is wider than the window, the outermost first.
TOO_WIDE = """
const width = document.documentElement.clientWidth;
const dialog = document.querySelector("dialog[open]");
const isTooWide = document.documentElement.scrollWidth > width
    || dialog && (dialog.getBoundingClientRect().right > width
        || dialog.scrollWidth > dialog.clientWidth);
if (!isTooWide) return [];
const all = Array.from((dialog ?? document.body).querySelectorAll("*"));
const wide = all.filter((element) => element.getBoundingClientRect().right > width + 0.5
    && !element.parentElement.closest(".table-wrap, pre"));
return [`${document.documentElement.scrollWidth} px in ${width} px`].concat(wide.slice(0, 4).map(
    (element) => element.outerHTML.slice(0, 120)));
"""


class Accessibility(Journey):
    """Each page, with something to see on it, and each of its dialogs."""

    session = None

    def setUp(self):
        super().setUp()
        if Accessibility.session is None:
            Accessibility.session = self.furnish()

    def furnish(self):
        """Gives the warehouse something of everything, and returns a session."""
        site, warehouse = self.site, self.site.full
        of = ["--warehouse", warehouse.id]
        for line in [
            "whitelist add 127.71.0.0/16 --description Office --expires 30d",
            "whitelist add 127.70.0.9 --deny --description Guest",
            "endpoint register aws:vpce-0aaaaaaaaaaaaaaa1 --description Reporting",
            "endpoint register azure:553665793",
            "endpoint reject azure:553665793 --yes",
            "outbound endpoint create ledger --service vpce-svc-0fedcba9876543210",
        ]:
            if line.startswith("outbound"):
                site.command(*"outbound register vpce-svc-0fedcba9876543210 --cloud aws --region"
                             " us-east-1 --name com.amazonaws.vpce.us-east-1.ledger".split())
            site.command(*line.split(), *of)
        site.command("key", "create", "terraform", "--role", "operate", "--quiet")
        administrator = {"X-API-Key": site.command(
            "key", "create", "furnisher", "--role", "administer", "--quiet").strip()}
        site.make_account("reader", "read")
        site.call("POST", "/v1/webhooks",
                  {"name": "on-call", "url": "https://alerts.example/sluice"}, administrator)
        is_admitted(warehouse.mysql, "127.70.0.9")
        is_admitted(warehouse.mysql, "127.90.0.1")
        for header in [proxy_header("10.1.0.10", AWS, "vpce-0bbbbbbbbbbbbbbb2"),
                       proxy_header("10.2.0.10", AZURE, "12345")]:
            is_admitted(warehouse.private, header=header)
        return Client(warehouse.mysql, "127.71.0.1")

    # What is looked at.

    def emulate(self, browser, scheme="light", width=1280):
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            # A color on its way to another one would be judged.
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]})
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def examine(self, browser, what):
        """Collects what is wrong with what is shown: in both color schemes, and at each width."""
        for scheme in ["light", "dark"]:
            self.emulate(browser, scheme)
            self.inject(browser)
            for violation in browser.driver.execute_async_script(RUN, RULES):
                self.faults.append(
                    f"{what}, {scheme}: {violation['id']} ({violation['count']}): "
                    f"{violation['help']}\n    " + "\n    ".join(violation["nodes"]))
        for width in WIDTHS:
            self.emulate(browser, width=width)
            wide = browser.driver.execute_script(TOO_WIDE)
            if wide:
                self.faults.append(f"{what}, {width} px: too wide: " + "\n    ".join(wide))
        self.emulate(browser)

    def inject(self, browser):
        if not browser.driver.execute_script("return Boolean(window.axe)"):
            browser.driver.execute_script(AXE)

    def examine_page(self, browser, path):
        browser.go(self.site.url + path)
        browser.steadily(lambda: browser.all("h1") or None, f"a heading of {path}")
        browser.console_errors()
        self.emulate(browser)
        # All at once: while one is looked at, the page may render another again.
        browser.driver.execute_script(
            "for (const each of document.querySelectorAll('main summary'))"
            " if (each.checkVisibility({ visibilityProperty: true })) each.click();"
        )
        self.examine(browser, path)
        names = browser.steadily(
            lambda: [each.get_attribute("data-opens") for each in browser.all("[data-opens]")],
            f"what opens dialogs of {path}",
        )
        for name in dict.fromkeys(names):
            if name.startswith("examples-") and name != "examples-0":
                continue
            browser._press(
                lambda: browser.all(f"[data-opens={json.dumps(name)}]")[0], f"opening {name}")
            dialog = f"dialog[id={json.dumps(name)}][open]"
            browser.steadily(lambda: browser.all(dialog) or None, f"dialog {name}")
            self.examine(browser, f"{path} {name}")
            browser.keys(Keys.ESCAPE).wait_for_no_dialog()
        self.faults += [f"{path}: {message}" for message in browser.console_errors()
                        if "favicon" not in message]

    def check(self, *paths, browser=None):
        browser = browser or self.browser
        self.faults = []
        for path in paths:
            self.examine_page(browser, path)
        self.assertFalse(self.faults, f"{len(self.faults)} faults:\n" + "\n".join(self.faults))

    def test_the_overview_is_accessible(self):
        self.check(f"{self.site.full.path}/overview")

    def test_the_page_to_sign_in_is_accessible(self):
        self.check("/console/sign-in", browser=self.fresh_browser("guest"))

    def test_public_links_are_accessible(self):
        path = f"{self.site.full.path}/public-link"
        self.check(path, f"{path}?text=nothing", f"{path}/import")

    def test_private_links_are_accessible(self):
        path = f"{self.site.full.path}/private-link"
        self.check(path, *(f"{path}/inbound?cloud={cloud}" for cloud in
                           ["aws", "azure", "gcp", "alibaba", "embedded"]),
                   *(f"{path}/outbound?cloud={cloud}" for cloud in ["aws", "azure"]))

    def test_clients_are_accessible(self):
        path = self.site.full.path
        self.check(f"{path}/sessions", f"{path}/denials", f"{path}/explain",
                   f"{path}/explain?source=127.71.0.1", f"{path}/explain?source=nonsense",
                   f"{self.site.office.path}/sessions")

    def test_settings_are_accessible(self):
        self.check(*(f"/console/settings/{name}" for name in
                     ["keys", "accounts", "notices", "gateway"]), "/console/activity",
                   "/console/account")

    def test_the_color_scheme_can_be_chosen(self):
        browser = self.browser.go(f"{self.site.url}{self.site.full.path}/overview")
        self.emulate(browser, "light")
        background = "return getComputedStyle(document.body).backgroundColor"
        light = browser.driver.execute_script(background)
        browser.press("olga").dialog("olga").press("Dark")
        dark = browser.driver.execute_script(background)
        self.assertNotEqual(light, dark)
        browser.go(f"{self.site.url}{self.site.full.path}/sessions")
        self.assertEqual(browser.driver.execute_script(background), dark)
        browser.press("olga").dialog("olga").press("System")
        self.assertEqual(browser.driver.execute_script(background), light)


class Keyboard(Journey):
    """Without a mouse."""

    def enter(self, name, backwards=False):
        """Goes to a control by the tab key, and presses it by the return key."""
        return self.browser.tab_to(name, backwards).keys(Keys.ENTER)

    def test_an_office_network_is_allowed_by_keyboard(self):
        warehouse = self.site.keyboard
        browser = self.browser.go(f"{self.site.url}{warehouse.path}/overview")
        self.enter("Public Link")
        browser.wait_for_heading("Public Link")
        self.enter("Change")
        dialog = browser.dialog("IP whitelist").wait_for("Specific locations")
        for _ in range(3):
            if browser.focused.accessible_name.startswith("Specific locations"):
                break
            browser.keys(Keys.ARROW_DOWN)
        self.enter("Confirm")
        browser.wait_for_no_dialog().section("IP whitelist").wait_for("Specific locations")
        # One is where one was, although that has been rendered again.
        browser.steadily(lambda: browser.focused.text == "Change" or None, "the focus on Change")
        self.enter("Add an address", backwards=True)
        browser.dialog("Add to the whitelist")
        browser.steadily(lambda: browser.focused.accessible_name == "Address or block" or None,
                         "the focus on the first field")
        browser.keys("127.0.0.0/16").tab_to("Description").keys("Office Rome", Keys.ENTER)
        browser.wait_for_no_dialog().row("127.0.0.0/16").wait_for("Office Rome")
        self.assertEqual(query(warehouse.mysql), "42")

    def test_a_denied_colleague_is_let_in_by_keyboard(self):
        warehouse, colleague = self.site.keyboard, "127.81.0.5"
        self.assertFalse(is_admitted(warehouse.mysql, colleague))
        self.assertFalse(is_admitted(warehouse.mysql, "127.82.0.5"))
        browser = self.browser.go(f"{self.site.url}{warehouse.path}/overview")
        self.enter("Denials")
        browser.wait_for_heading("Denials").row(colleague)
        browser.keys("/")
        browser.steadily(lambda: browser.focused.accessible_name == "Filter denials" or None,
                         "the focus on the filter")
        browser.keys(colleague).wait_without("127.82.0.5")
        self.enter(re.compile(f"^Allow {colleague}"))
        dialog = browser.dialog("Allow this address")
        self.assertEqual(dialog.value("Address or block"), colleague)
        self.enter("Allow")
        browser.wait_for_no_dialog().wait_for_announcement("Allowed")
        self.assertTrue(is_admitted(warehouse.mysql, colleague))

    def test_shortcuts_are_listed_and_a_dialog_keeps_the_focus(self):
        browser = self.browser.go(f"{self.site.url}{self.site.full.path}/overview")
        browser.wait_for("Backends").keys("?")
        browser.dialog("Keyboard shortcuts").wait_for("Search")
        for _ in range(20):
            browser.keys(Keys.TAB)
            self.assertTrue(browser.driver.execute_script(
                "const focused = document.activeElement;"
                " return focused === document.body || Boolean(focused.closest('dialog[open]'))"))
        browser.keys(Keys.ESCAPE).wait_for_no_dialog()
