"""Signs people in at a real OpenID provider, by plain HTTP and in a real browser.

    run.py SLUICE [--no-browser]

Starts oidc-provider-mock at `localhost` and SLUICE at `127.0.0.1`, which are two sites to a browser.
Then plays honest people, and those who replay, swap and forge what is in the addresses. At the end,
no secret that was seen may be in the gateway's log or audit.
"""

import argparse
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from free_ports import free_port, free_ports

CONFIGURATION = """\
management:
  listen: 127.0.0.1:%(management)d
  socket: %(folder)s/gateway.sock
  url: http://127.0.0.1:%(management)d
  singleSignOn:
    name: Company
    issuer: http://localhost:%(provider)d
    clientId: sluice
    clientSecretFile: client-secret
    scopes: [ openid, profile, email ]
    roles:
      - { value: dba, role: administer }
      - { value: analysts, role: read, warehouses: [ AWVA7CM7 ] }
state: sluice.db
log: { access: off, level: info }
warehouses:
  - id: AWVA7CM7
    whitelist: { entries: [ 127.0.0.0/8 ] }
"""
CLIENT_SECRET = "a-client-secret-of-the-test"
PEOPLE = [
    {"sub": "u-ada", "preferred_username": "ada", "groups": ["dba", "staff"]},
    {"sub": "u-ben", "preferred_username": "ben", "groups": ["analysts"]},
    {"sub": "u-cy", "preferred_username": "cy", "groups": ["staff"]},
    {"sub": "u-eve", "preferred_username": "<script>alert(1)</script>", "groups": ["dba"]},
]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


# No proxy: all of it is on this machine.
OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.text = answer.read().decode()

    @property
    def location(self):
        return self.headers["Location"]

    @property
    def cookies(self):
        """Those that are set, by name, without what was removed."""
        pairs = [field.split(";")[0] for field in self.headers.get_all("Set-Cookie", [])]
        return dict(pair.split("=", 1) for pair in pairs if not pair.endswith("="))


def ask(url, cookies=None, form=None, headers=None):
    request = urllib.request.Request(url, headers=headers or {})
    if form is not None:
        request.data = urllib.parse.urlencode(form).encode()
    if cookies:
        pairs = [f"{name}={value}" for name, value in cookies.items()]
        request.add_header("Cookie", "; ".join(pairs))
    try:
        with OPENER.open(request, timeout=120) as answer:
            return Answer(answer)
    except urllib.error.HTTPError as error:
        return Answer(error)


def wait_for(url, process):
    for _ in range(1200):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        try:
            if ask(url).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"no answer from {url} within two minutes")


class Site:
    """A gateway and a provider."""

    def __init__(self, sluice, *provider_options):
        self.sluice = sluice
        self.folder = tempfile.mkdtemp()
        management, provider = free_ports(2)
        self.gateway = f"http://127.0.0.1:{management}"
        self.provider = f"http://localhost:{provider}"
        # What must be in no log.
        self.secrets = {CLIENT_SECRET}
        configuration = Path(self.folder, "sluice.yaml")
        values = {"management": management, "provider": provider, "folder": self.folder}
        configuration.write_text(CONFIGURATION % values)
        secret = Path(self.folder, "client-secret")
        secret.touch(mode=0o600)
        secret.write_text(CLIENT_SECRET + "\n")
        self.provider_process = self.start_provider(provider, provider_options)
        self.log = open(Path(self.folder, "gateway.log"), "w+")
        self.process = subprocess.Popen(
            [sluice, "serve", "--config", str(configuration)], stdout=self.log, stderr=self.log
        )
        atexit.register(self.process.kill)
        wait_for(f"{self.gateway}/readyz", self.process)
        # Its password is hashed, which takes all of a processor.
        self.wait_for_log("created account admin")

    def start_provider(self, port, options):
        command = [sys.executable, "-m", "oidc_provider_mock", "-p", str(port)]
        for person in PEOPLE:
            command += ["--user-claims", json.dumps(person)]
        log = open(Path(self.folder, "provider.log"), "a")
        process = subprocess.Popen(command + list(options), stdout=log, stderr=log)
        atexit.register(process.kill)
        wait_for(f"{self.provider}/jwks", process)
        return process

    @property
    def log_text(self):
        return Path(self.folder, "gateway.log").read_text()

    def wait_for_log(self, text):
        for _ in range(1200):
            if text in self.log_text:
                return
            time.sleep(0.1)
        raise AssertionError(f"not in the log within two minutes: {text}\n{self.log_text}")

    def stop_provider(self):
        self.provider_process.send_signal(signal.SIGTERM)
        self.provider_process.wait(timeout=120)

    def stop(self):
        self.stop_provider()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)
        shutil.rmtree(self.folder)

    # Steps of a login.

    def start(self, path="/"):
        answer = ask(f"{self.gateway}/v1/sso/start?return={urllib.parse.quote(path, safe='')}")
        assert answer.status == 302, answer.text
        self.secrets.update(answer.cookies.values())
        return answer.location, answer.cookies

    def authorize(self, location, subject):
        """What the provider sends the browser back to."""
        answer = ask(location, form={"sub": subject})
        assert answer.status == 302, answer.text
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.location).query)
        self.secrets.update(query.get("code", []))
        return answer.location

    def sign_in(self, subject, path="/"):
        location, cookies = self.start(path)
        answer = ask(self.authorize(location, subject), cookies)
        self.secrets.update(answer.cookies.values())
        return answer

    def me(self, answer):
        return json.loads(ask(f"{self.gateway}/v1/me", answer.cookies).text)["data"]

    def audit(self):
        command = [self.sluice, "audit", "--socket", f"{self.folder}/gateway.sock", "--json"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Honest(unittest.TestCase):
    def test_roles_follow_from_groups(self):
        ada = site.me(site.sign_in("u-ada"))
        self.assertEqual((ada["name"], ada["role"]), ("ada", "administer"))
        ben = site.me(site.sign_in("u-ben"))
        self.assertEqual((ben["role"], ben["warehouses"]), ("read", ["AWVA7CM7"]))

    def test_without_a_group_nobody_is_admitted(self):
        for subject in ["u-cy", "somebody-else"]:
            answer = site.sign_in(subject)
            self.assertEqual(answer.status, 403)
            self.assertEqual(answer.cookies, {})
            self.assertIn("none of your groups", answer.text)

    def test_the_page_leads_back(self):
        answer = site.sign_in("u-ada", "/v1/warehouses?page=1&size=5")
        self.assertIn('content="0; url=/v1/warehouses?page=1&amp;size=5"', answer.text)
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")

    def test_an_account_is_made_once(self):
        first, second = site.me(site.sign_in("u-ada")), site.me(site.sign_in("u-ada"))
        self.assertEqual(first["accountId"], second["accountId"])

    def test_the_provider_may_say_no(self):
        location, cookies = site.start()
        answer = ask(location, form={"action": "deny"})
        back = ask(answer.location, cookies)
        self.assertEqual(back.status // 100, 4)
        self.assertIn("did not let you in", back.text)


class Attacks(unittest.TestCase):
    def refused(self, answer, status=400):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.cookies, {})

    def test_an_answer_counts_once_and_in_its_browser_only(self):
        location, cookies = site.start()
        back = site.authorize(location, "u-ada")
        _, others = site.start()
        self.refused(ask(back, others))
        self.refused(ask(back))
        self.assertEqual(ask(back, cookies).status, 200)
        self.refused(ask(back, cookies))

    def test_a_code_counts_for_its_own_login_only(self):
        location, _ = site.start()
        stolen = urllib.parse.urlsplit(site.authorize(location, "u-ada"))
        code = urllib.parse.parse_qs(stolen.query)["code"][0]
        mine, cookies = site.start()
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(mine).query)["state"][0]
        query = urllib.parse.urlencode({"code": code, "state": state})
        # The mock does not check PKCE: the nonce gives it away.
        self.refused(ask(f"{site.gateway}/v1/sso/callback?{query}", cookies), 403)

    def test_nobody_is_led_elsewhere(self):
        for path in ["//evil.example", "https://evil.example", "/\\evil.example", "/%2F/evil"]:
            query = urllib.parse.urlencode({"return": path})
            answer = ask(f"{site.gateway}/v1/sso/start?{query}")
            self.refused(answer)
            self.assertIsNone(answer.location)


class ExpiredTokens(unittest.TestCase):
    def test_an_expired_token_opens_nothing(self):
        expired = Site(site.sluice, "--token-max-age", "-3600")
        try:
            answer = expired.sign_in("u-ada")
            self.assertEqual((answer.status, answer.cookies), (403, {}))
            expired.wait_for_log("it has expired")
        finally:
            expired.stop()

    def test_a_provider_that_is_away_is_said_to_be(self):
        away = Site(site.sluice)
        try:
            away.stop_provider()
            answer = ask(f"{away.gateway}/v1/sso/start")
            self.assertEqual(answer.status, 503)
            self.assertIn("cannot be used at the moment", answer.text)
            away.wait_for_log("cannot reach the provider")
        finally:
            away.stop()


class Browser(unittest.TestCase):
    """A browser keeps cookies from requests that another site causes; nothing else shows that."""

    @classmethod
    def setUpClass(cls):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        options.page_load_strategy = "eager"
        for option in [
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            # The provider's page names a style sheet of the internet.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            f"--user-data-dir={site.folder}/chromium",
        ] + (["--no-sandbox"] if os.geteuid() == 0 else []):
            options.add_argument(option)
        # Not one that it finds: until it listens, that could become another connection's.
        service = Service(shutil.which("chromedriver"), port=free_port())
        cls.driver = webdriver.Chrome(options=options, service=service)
        cls.driver.set_page_load_timeout(120)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    def setUp(self):
        self.driver.delete_all_cookies()

    def sign_in(self, subject, path):
        from selenium.webdriver.common.by import By

        self.driver.get(f"{site.gateway}/v1/sso/start?return={urllib.parse.quote(path, safe='')}")
        button = (By.CSS_SELECTOR, f'button[value="{subject}"]')
        self.wait_until(lambda driver: driver.find_element(*button)).click()

    def wait_until(self, condition):
        """Waits until a page that may still be loading is as it should be."""
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self.driver, 120, ignored_exceptions=[StaleElementReferenceException])
        return wait.until(condition)

    def wait_for_address(self, address):
        """The page's text."""
        return self.wait_until(
            lambda driver: driver.current_url == address
            and driver.find_element("tag name", "body").text
        )

    def test_the_session_is_there_when_the_browser_comes_back(self):
        self.sign_in("u-ada", "/v1/me")
        # By the cookie, which is SameSite=Strict.
        self.assertIn('"name":"ada"', self.wait_for_address(f"{site.gateway}/v1/me"))
        cookie = self.driver.get_cookie("sluice")
        site.secrets.add(cookie["value"])
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        # Of the login, which is over.
        self.driver.get(f"{site.gateway}/v1/sso/callback")
        self.assertIsNone(self.driver.get_cookie("sluice-sso"))

    def test_whoever_has_no_role_reads_why(self):
        self.sign_in("u-cy", "/v1/me")
        driver = self.driver
        text = self.wait_until(
            lambda _: driver.title == "Cannot sign in"
            and driver.find_element("tag name", "body").text
        )
        self.assertIn("none of your groups", text)
        self.assertIsNone(driver.get_cookie("sluice"))


class ZSecrets(unittest.TestCase):
    """Runs last."""

    def test_no_secret_is_written_down(self):
        written = site.log_text + site.audit()
        self.assertIn("account.create", written)
        self.assertGreater(len(site.secrets), 10)
        for secret in site.secrets:
            self.assertNotIn(secret, written)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sluice")
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    site = Site(arguments.sluice)
    cases = [Honest, Attacks, ExpiredTokens]
    if not arguments.no_browser:
        cases.append(Browser)
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    suite = unittest.TestSuite(load(case) for case in cases + [ZSecrets])
    try:
        result = unittest.TextTestRunner(verbosity=2).run(suite)
        if not result.wasSuccessful():
            print(site.log_text)
    finally:
        site.stop()
    sys.exit(not result.wasSuccessful())
