"""Attacks on the console: pages of other origins, text of strangers, logins that are not one's own.

Each test says what would have to be broken for it to fail."""

import http.client
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import gateway
from gateway import AWS, Client, proxy_header, wait_until
from journeys import Journey

# Ends an attribute and an element. Short: some fields are.
MARKUP = "\"'><img src=x onerror=stolen=1>"
# The quote has a combining mark: another character, but the same end of an attribute.
MARKED = "\"\u0301><img src=x onerror=stolen=1>"
# What markup of a stranger would leave in a page of the console, which has none of it.
TRACES = """
const all = Array.from(document.querySelectorAll("*"));
const schemes = ["http:", "https:"];
return {
    stolen: window.stolen ?? null,
    images: document.images.length,
    scripts: Array.from(document.scripts).filter((each) => !each.src).length,
    handlers: all.filter((each) =>
        each.getAttributeNames().some((name) => name.startsWith("on"))).length,
    frames: document.querySelectorAll("iframe, object, embed, base, [style]").length,
    links: all.filter((each) => each.href && typeof each.href === "string"
        && !schemes.includes(new URL(each.href, location.href).protocol)).map((each) => each.href),
};
"""
CLEAN = {"stolen": None, "images": 0, "scripts": 0, "handlers": 0, "frames": 0, "links": []}
# Whether a text is anywhere in a page: shown, in an attribute or in a field.
CONTAINS = """
const [text] = arguments;
return document.body.textContent.includes(text)
    || Array.from(document.querySelectorAll("*")).some((each) =>
        each.value === text || each.getAttributeNames().some((name) =>
            each.getAttribute(name).includes(text)));
"""


class Elsewhere:
    """Pages of somebody else: at `localhost` another site than the gateway's, at 127.0.0.1 another
    origin of the same site, which gets the same cookies: they do not know ports."""

    def __init__(self):
        self.pages = {}
        self.requests = []
        elsewhere = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                elsewhere.requests.append((self.path, dict(self.headers)))
                page = elsewhere.pages.get(self.path.split("?")[0])
                body = (page or "").encode()
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        port = self.server.server_address[1]
        self.origins = [f"http://localhost:{port}", f"http://127.0.0.1:{port}"]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Attack(Journey):
    _tokens = {}

    def elsewhere(self, **pages):
        place = Elsewhere()
        place.pages = {f"/{name}": text for name, text in pages.items()}
        self.addCleanup(place.close)
        return place

    def send(self, method, path, body=None, headers=None, source="127.0.0.1"):
        """The answer as it is: its status, its headers in lower case, its text."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.site.port, timeout=gateway.PATIENCE, source_address=(source, 0)
        )
        try:
            connection.putrequest(method, path, skip_host="Host" in (headers or {}))
            data = (
                None
                if body is None
                else body if isinstance(body, bytes) else json.dumps(body).encode()
            )
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            fields = {}
            for name, value in answer.getheaders():
                fields.setdefault(name.lower(), []).append(value)
            return answer.status, fields, answer.read().decode(errors="replace")
        finally:
            connection.close()

    @property
    def own_page(self):
        """What a browser says when a page of the gateway makes a call."""
        return {"Origin": self.site.url, "Sec-Fetch-Site": "same-origin"}

    def cookie(self, name, password, headers=None):
        """Signs in as a browser does, and returns its cookie."""
        status, fields, text = self.send(
            "POST",
            "/v1/login",
            {"name": name, "password": password},
            {**self.own_page, **(headers or {})},
        )
        self.assertEqual(status, 200, text)
        return fields["set-cookie"][0].split(";")[0]

    def api(self, method, path, body=None, name="olga", role="administer"):
        """Makes a call as somebody; more rights than an attacker has, to prepare something."""
        if name not in Attack._tokens:
            login = self.site.call(
                "POST",
                "/v1/login",
                {
                    "name": name,
                    "password": self.site.make_account(name, role),
                    "client": "commandLine",
                },
            )
            Attack._tokens[name] = login["token"]
        return self.send(method, path, body, {"Authorization": f"Bearer {Attack._tokens[name]}"})

    def data(self, method, path, body=None):
        status, _, text = self.api(method, path, body)
        self.assertLess(status, 300, text)
        return json.loads(text).get("data")

    def descriptions(self, warehouse):
        entries = self.data("GET", f"/v1/warehouses/{warehouse.id}/whitelist/entries?size=500")
        return {entry.get("description", "") for entry in entries}

    def key(self, name, role):
        return self.data("POST", "/v1/keys", {"name": name, "role": role})

    def assert_clean(self, browser, what):
        self.assertEqual(browser.driver.execute_script(TRACES), CLEAN, what)
        refused = [each for each in browser.console_errors() if "Content Security Policy" in each]
        # The policy would have caught it, but nothing was to be caught.
        self.assertEqual(refused, [], what)

    def assert_shows(self, browser, text, what):
        self.assertTrue(
            browser.driver.execute_script(CONTAINS, text), f"{what} does not show {text!r}"
        )

    def pages(self):
        """All of the console's pages, with what a warehouse of each kind has."""
        places = [
            "overview",
            "public-link",
            "private-link",
            "private-link/inbound",
            "private-link/outbound",
            "sessions",
            "denials",
            "explain?source=127.0.0.1",
        ]
        found = [
            f"{warehouse.path}/{place}"
            for warehouse in (self.site.office, self.site.links)
            for place in places
        ]
        return (
            found
            + [f"{self.site.office.path}/public-link/import"]
            + [
                f"/console/{place}"
                for place in [
                    "activity",
                    "settings/keys",
                    "settings/accounts",
                    "settings/notices",
                    "settings/gateway",
                    "account",
                ]
            ]
        )


class ForeignPages(Attack):
    CHANGES = """<!doctype html><script>
    const blind = { mode: "no-cors", credentials: "include" };
    const gateway = %(gateway)s, path = %(path)s, key = %(key)s;
    const body = JSON.stringify({ cidr: "127.99.0.1", description: "by a stranger" });
    const ways = [
        () => fetch(gateway + path, { method: "POST", ...blind, body }),
        () => fetch(gateway + path, { method: "POST", credentials: "include", body,
            headers: { "Content-Type": "application/json" } }),
        () => fetch(gateway + path, { method: "POST", ...blind,
            referrerPolicy: "no-referrer", body }),
        () => navigator.sendBeacon(gateway + path, body),
        () => fetch(gateway + "/v1/logout", { method: "POST", ...blind }),
        () => fetch(gateway + "/v1/login/key", { method: "POST", ...blind,
            body: JSON.stringify({ key }) }),
        () => fetch(gateway + "/v1/login", { method: "POST", ...blind,
            body: JSON.stringify({ name: "mallory", password: %(password)s }) }),
    ];
    (async () => {
        for (const way of ways) { try { await way(); } catch {} }
        document.title = "done";
    })();
    </script>"""
    # A form sends no JSON, but something that reads like it: its name and its value make one text.
    FORM = """<!doctype html><form method="post" enctype="text/plain" action="%s">
    <input name='{"cidr":"127.99.0.2","description":"by a stranger","x":"' value='"}'></form>
    <script>document.forms[0].submit()</script>"""
    READS = """<!doctype html><script>
    const blind = { mode: "no-cors", credentials: "include" };
    const gateway = %s;
    window.read = [];
    const note = (text) => { if (text) window.read.push(String(text)); };
    (async () => {
        for (const path of ["/v1/me", "/console/account", "/v1/audit/export", "/metrics"]) {
            try {
                const answer = await fetch(gateway + path, { credentials: "include" });
                note(await answer.text());
            } catch {}
            try {
                note(await (await fetch(gateway + path, blind)).text());
            } catch {}
            await new Promise((resolve) => {
                const script = document.createElement("script");
                script.src = gateway + path;
                script.onload = () => { note("ran " + path); resolve(); };
                script.onerror = resolve;
                document.head.append(script);
            });
        }
        await new Promise((resolve) => {
            const source = new EventSource(gateway + "/v1/events", { withCredentials: true });
            source.onopen = () => { note("events"); resolve(); };
            source.onerror = () => { source.close(); resolve(); };
        });
        document.title = "done";
    })();
    </script>"""

    def wait_for_title(self, browser, title):
        wait_until(lambda: browser.driver.title == title, f"the page elsewhere is {title}")

    def test_pages_elsewhere_change_nothing(self):
        """Fails if writes by a cookie need not say that they come from the gateway's own page: at
        127.0.0.1, SameSite does not keep the cookie from them."""
        site, browser = self.site, self.browser
        before = self.descriptions(site.office)
        key = self.key("of a stranger", "read")["secret"]
        path = f"/v1/warehouses/{site.office.id}/whitelist/entries"
        page = self.CHANGES % {
            "gateway": json.dumps(site.url),
            "path": json.dumps(path),
            "key": json.dumps(key),
            "password": json.dumps(site.make_account("mallory", "read")),
        }
        place = self.elsewhere(changes=page, form=self.FORM % (site.url + path))
        for origin in place.origins:
            browser.go(f"{origin}/changes")
            self.wait_for_title(browser, "done")
            browser.go(f"{origin}/form").wait_for("ForeignOrigin")
            self.assertEqual(self.descriptions(site.office), before, origin)
            # The page of another port was tried with the cookie, and that of another site without.
            sent = [
                headers.get("Cookie", "") for path, headers in place.requests if path == "/changes"
            ]
            self.assertEqual("sluice=" in sent[-1], "127.0.0.1" in origin, sent)
            # And whoever looked at it is who they were.
            browser.go(f"{site.url}/console/account").wait_for_heading("Your account")
            self.assertTrue(browser.has_button("olga"), origin)

    def test_pages_elsewhere_read_nothing(self):
        """Fails if an answer names another origin as allowed, or may be run as a script."""
        browser = self.browser
        place = self.elsewhere(reads=self.READS % json.dumps(self.site.url))
        for origin in place.origins:
            browser.go(f"{origin}/reads")
            self.wait_for_title(browser, "done")
            self.assertEqual(browser.driver.execute_script("return window.read"), [], origin)

    def test_answers_are_nothing_but_what_they_are(self):
        """Fails if an answer may be kept, guessed to be of another type, or used by a page of
        another origin."""
        cookie = {"Cookie": self.cookie("olga", self.site.make_account("olga"))}
        for path in [
            "/v1/me",
            "/v1/audit/export",
            "/v1/status",
            "/v1/sign-in",
            "/v1/nothing",
            "/healthz",
            "/console/account",
            "/console/sign-in",
        ]:
            _, fields, _ = self.send("GET", path, headers=cookie)
            self.assertEqual(fields["cache-control"], ["no-store"], path)
            self.assertEqual(fields["x-content-type-options"], ["nosniff"], path)
            self.assertEqual(fields["cross-origin-resource-policy"], ["same-origin"], path)
            self.assertNotIn("access-control-allow-origin", fields, path)

    def test_no_page_frames_the_console(self):
        """Fails if a page of the gateway lacks frame-ancestors 'none': it could be shown under
        something that one wants to press."""
        site, browser = self.site, self.browser
        targets = [
            "/console/sign-in",
            f"{site.office.path}/public-link",
            "/console/account",
            "/v1/sso/callback",
        ]
        frames = "".join(f'<iframe src="{site.url}{target}"></iframe>' for target in targets)
        place = self.elsewhere(
            frames=f"<!doctype html><title>framed</title>{frames}<iframe src='/own'></iframe>",
            own="<!doctype html><p>an own page",
        )
        for origin in place.origins:
            driver = browser.go(f"{origin}/frames").driver
            found = driver.find_elements(By.TAG_NAME, "iframe")
            for index, frame in enumerate(found):
                driver.switch_to.frame(frame)
                text = driver.find_element(By.TAG_NAME, "body").get_attribute("textContent")
                driver.switch_to.default_content()
                if index == len(targets):
                    # What may be framed is shown: the test can see it.
                    self.assertIn("an own page", text)
                else:
                    self.assertNotRegex(
                        text, "Sign in|Public Link|Your account|Cannot sign in", targets[index]
                    )
            browser.console_errors()

    def test_a_page_that_opened_the_console_cannot_reach_into_it(self):
        """Fails without Cross-Origin-Opener-Policy: the opener could lead the window elsewhere, and
        count its frames."""
        site, browser = self.site, self.browser
        place = self.elsewhere(
            opener="<!doctype html><button onclick=\"w = window.open('%s')\">go</button>"
            % f"{site.url}/console/account"
        )
        driver = browser.driver
        own = driver.current_window_handle
        for origin in place.origins:
            browser.go(f"{origin}/opener")
            driver.find_element(By.TAG_NAME, "button").click()
            wait_until(lambda: len(driver.window_handles) > 1, "a window was opened")
            wait_until(
                lambda: driver.execute_script("return w.closed"), f"{origin} has lost the window"
            )
            other = next(each for each in driver.window_handles if each != own)
            driver.switch_to.window(other)
            self.assertIsNone(driver.execute_script("return window.opener"))
            driver.close()
            driver.switch_to.window(own)

    def test_no_page_signs_somebody_in_by_a_link(self):
        """Fails if a key behind # is used at once although a page has led there: people would act,
        and type secrets, in somebody else's name."""
        site, browser = self.site, self.browser
        key = self.key("of another stranger", "read")["secret"]
        target = f"{site.url}/console/sign-in#key={key}"
        place = self.elsewhere(
            link=f'<!doctype html><a href="{target}">See</a>',
            opens=f'<!doctype html><a href="{target}" target="_self" rel="noreferrer">See</a>',
        )
        for origin in place.origins:
            for page in ["link", "opens"]:
                browser.go(f"{origin}/{page}").press("See")
                browser.wait_for_path("/console/sign-in").wait_for("Use this key")
                # The key has left the address, and its field waits for a decision.
                self.assertEqual(browser.driver.execute_script("return location.hash"), "")
                time.sleep(1)
                self.assertEqual(browser.path, "/console/sign-in")
                browser.go(f"{site.url}/console/account").wait_for_heading("Your account")
                self.assertTrue(browser.has_button("olga"))
        # As the demo prints it: typed, or pressed in a terminal.
        other = self.fresh_browser("linked")
        other.go(target).wait_for_path(f"{site.warehouses[0].path}/overview")
        self.assertTrue(other.has_button("of another stranger"))

    def test_addresses_are_not_passed_on(self):
        """Fails if a page says to another site from where its reader comes: it has search texts in
        it."""
        site, browser = self.site, self.browser
        place = self.elsewhere(target="<!doctype html>here")
        for origin in place.origins:
            browser.go(f"{site.url}{site.office.path}/denials?text=secret-of-ours")
            browser.driver.execute_script("location.href = arguments[0]", f"{origin}/target")
            browser.wait_for("here")
            _, headers = next(each for each in reversed(place.requests) if each[0] == "/target")
            self.assertNotIn("Referer", headers)


class Rebinding(Attack):
    def test_names_of_others_are_not_answered(self):
        """Fails if the gateway answers to any Host: a name can be made to point here, and its pages
        would then be of the gateway's origin."""
        cookie = self.cookie("olga", self.site.make_account("olga"))
        for host in [
            "evil.example",
            f"evil.example:{self.site.port}",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            f"[::1].evil.example:{self.site.port}",
            "evil.example.",
        ]:
            for path in ["/", "/console/sign-in", "/console/account", "/v1/me", "/metrics"]:
                status, _, text = self.send("GET", path, headers={"Host": host, "Cookie": cookie})
                self.assertEqual(status, 403, f"{host} {path}")
                self.assertIn("UnknownHost", text)
        for target in [
            "http://evil.example/console/account",
            "http://evil.example@127.0.0.1/v1/me",
        ]:
            status, _, text = self.send(
                "GET", target, headers={"Host": f"127.0.0.1:{self.site.port}", "Cookie": cookie}
            )
            self.assertEqual(status, 403, f"{target}: {text}")


class StrangersTexts(Attack):
    def test_what_strangers_write_stays_text_on_every_page(self):
        """Fails if one field of one page is not escaped."""
        site, links = self.site, self.site.links
        root = f"/v1/warehouses/{site.office.id}/whitelist/entries"
        self.data("POST", root, {"cidr": "127.91.0.1", "description": MARKUP})
        self.data("POST", root, {"cidr": "127.91.0.2", "description": MARKED})
        private = f"/v1/private-link/warehouses/{links.id}"
        self.data(
            "POST",
            f"{private}/endpoints",
            {"endpointId": "vpce-0f0f0f0f0f0f0f0f0", "description": MARKUP},
        )
        refused = []
        for what, method, path, body in [
            ("key", "POST", "/v1/keys", {"name": MARKUP, "role": "read"}),
            ("account", "POST", "/v1/accounts", {"name": MARKUP, "role": "read"}),
            (
                "webhook",
                "POST",
                "/v1/webhooks",
                {"name": MARKUP, "url": "https://hooks.example/" + MARKUP},
            ),
            ("webhook", "POST", "/v1/webhooks", {"name": MARKUP, "url": "https://hooks.example/a"}),
            ("script", "POST", "/v1/webhooks", {"name": "script", "url": "javascript:alert(1)"}),
            (
                "DNS name",
                "POST",
                f"{private}/endpoints",
                {"endpointId": "vpce-0f0f0f0f0f0f0f0f1", "dnsName": MARKUP},
            ),
            (
                "service",
                "POST",
                "/v1/private-link/endpoint-services",
                {
                    "cloudProvider": "aws",
                    "region": "us-east-1",
                    "endpointServiceId": "vpce-svc-" + MARKUP,
                    "endpointServiceName": MARKUP,
                },
            ),
            ("group", "POST", "/v1/groups", {"name": MARKUP}),
        ]:
            status, _, text = self.api(method, path, body)
            self.assertIn(status, (200, 201, 400, 404, 405), f"{what}: {text}")
            if status >= 400:
                refused.append(what)
        # No scheme but those of the web.
        self.assertIn("script", refused)
        # The agent of a login, which anyone with a password chooses.
        self.cookie("olga", site.make_account("olga"), {"User-Agent": MARKUP})
        # Names of private endpoints and hosts, which whoever reaches the private listener chooses.
        for header in [
            proxy_header("10.66.0.1", AWS, MARKUP),
            proxy_header("10.66.0.2", AWS, MARKED),
            self.authority_header("10.66.0.3", MARKUP),
            proxy_header("10.66.0.4", AWS, "vpce-0123456789abcdee0"),
        ]:
            Client(links.private, header=header).close()
        browser = self.browser
        seen = set()
        for page in self.pages():
            browser.go(site.url + page)
            browser.steadily(lambda: browser.all("h1") or None, f"the heading of {page}")
            self.assert_clean(browser, page)
            seen |= {
                text for text in (MARKUP, MARKED) if browser.driver.execute_script(CONTAINS, text)
            }
        # The fields are shown, as they were written.
        self.assertEqual(seen, {MARKUP, MARKED})
        for page, what in [
            (f"{site.office.path}/public-link", "the whitelist"),
            ("/console/activity", "the activity"),
            (f"{links.path}/private-link", "the endpoints"),
            ("/console/account", "the logins"),
        ] + [("/console/settings/keys", "the keys")] * ("key" not in refused):
            browser.go(site.url + page)
            self.assert_shows(browser, MARKUP, what)

    def authority_header(self, client, name):
        """A PROXY header of version 2 with a host's name (PP2_TYPE_AUTHORITY)."""
        header = proxy_header(client)
        value = name.encode()
        more = struct.pack("!BH", 2, len(value)) + value
        size = struct.unpack("!H", header[14:16])[0] + len(more)
        return header[:14] + struct.pack("!H", size) + header[16:] + more

    def test_they_stay_text_in_dialogs_and_when_pages_are_rendered_again(self):
        """Fails if a script of the console puts together markup, or if a dialog takes a text for
        it."""
        site, browser = self.site, self.browser
        browser.go(f"{site.url}{site.contractor.path}/public-link").wait_for_heading("Public Link")
        browser.wait_until_live()
        root = f"/v1/warehouses/{site.contractor.id}/whitelist/entries"
        self.data("POST", root, {"cidr": "127.92.0.1", "description": MARKUP})
        # The open page shows it.
        browser.row("127.92.0.1").wait_for(MARKUP)
        self.assert_clean(browser, "the page that was rendered again")
        browser.row("127.92.0.1").press("Edit 127.92.0.1")
        dialog = browser.dialog("Edit an entry")
        self.assertEqual(dialog.value("Description"), MARKUP)
        self.assert_clean(browser, "the dialog")
        dialog.type("Address or block", MARKUP).press("Save")
        dialog.wait_for("onerror")
        self.assert_clean(browser, "the failure in the dialog")

    def test_they_stay_text_in_an_import(self):
        """Fails if the preview, or the list of faults, takes a line for markup."""
        site, browser = self.site, self.browser
        browser.go(f"{site.url}{site.contractor.path}/public-link/import")
        browser.type("Lines", f"127.93.0.1  {MARKUP}\n{MARKUP}\n").press("Preview")
        browser.wait_for("Line 2")
        self.assert_clean(browser, "the faults")
        browser.type("Lines", f"127.93.0.1  {MARKUP}\n").press("Preview")
        browser.section("What would change").wait_for(MARKUP)
        self.assert_clean(browser, "the preview")

    def test_addresses_of_pages_stay_text(self):
        """Fails if something of a page's address, which anyone can make a link of, gets into it as
        markup."""
        site, browser = self.site, self.browser
        text = urllib.parse.quote(MARKUP)
        root = f"{site.url}/console"
        own = f"{site.url}{site.office.path}"
        for address in [
            f"{own}/public-link?text={text}&list={text}&sort={text}&order={text}&page={text}",
            f"{own}/public-link?text={text}&list={text}",
            f"{own}/overview?range={text}",
            f"{own}/sessions?text={text}&sort={text}",
            f"{own}/denials?text={text}",
            f"{own}/explain?source={text}&endpoint={text}",
            f"{own}/explain?source=127.0.0.1&endpoint={text}",
            f"{own}/private-link/inbound?cloud={text}",
            f"{own}/private-link/outbound?cloud={text}",
            f"{root}/activity?actor={text}&action={text}&warehouse={text}",
            f"{root}/activity?actor={text}",
            f"{root}/warehouses/{text}/overview",
            f"{root}/sign-in?return=/console/{text}",
            f"{root}/sign-in?return={text}",
            f"{root}/sign-in#key={text}",
            f"{root}/settings/keys?page={text}",
        ]:
            browser.go(address)
            self.assert_clean(browser, address)

    def test_names_of_a_providers_people_stay_text(self):
        """Fails if a page, the one that ends the sign-in included, takes the provider's word for
        markup."""
        browser = self.fresh_browser("person")
        browser.go(f"{self.site.url}/console/sign-in").press("Sign in with Company")
        browser.steadily(
            lambda: browser.driver.find_element("css selector", 'button[value="u-mallory"]').click()
            or True,
            "the provider's page",
        )
        browser.wait_for_path(f"{self.site.warehouses[0].path}/overview")
        self.assert_clean(browser, "the page of somebody with such a name")
        self.browser.go(f"{self.site.url}/console/settings/accounts").wait_for("Single sign-on")
        self.assert_clean(self.browser, "the accounts")


class Logins(Attack):
    def sign_in_fresh(self, name, account, role="administer"):
        browser = self.fresh_browser(name)
        self.sign_in(browser, account, self.site.make_account(account, role))
        return browser

    def put_cookie(self, browser, name, value):
        browser.driver.add_cookie({"name": name, "value": value, "path": "/"})

    def cookies(self, browser):
        return {each["name"]: each for each in browser.driver.get_cookies()}

    def test_a_session_is_not_one_that_was_there_before(self):
        """Fails if signing in keeps the token that a browser already has: whoever has put it there
        would be signed in too."""
        site, browser = self.site, self.fresh_browser("fixed")
        browser.go(f"{site.url}/console/sign-in")
        planted = self.cookie("mallory", site.make_account("mallory", "read"))
        self.put_cookie(browser, *planted.split("="))
        self.sign_in(browser, "olga", site.make_account("olga"))
        own = self.cookies(browser)["sluice"]["value"]
        self.assertNotEqual(f"sluice={own}", planted)
        # The planted one is not olga's.
        _, _, text = self.send("GET", "/v1/me", headers={"Cookie": planted})
        self.assertNotIn("olga", text)

    def test_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites(self):
        """Fails if the cookie lacks HttpOnly or SameSite=Strict."""
        site, browser = self.site, self.browser
        browser.go(f"{site.url}/console/account").wait_for_heading("Your account")
        self.assertEqual(browser.driver.execute_script("return document.cookie"), "")
        cookie = self.cookies(browser)["sluice"]
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        # Until the browser ends, or the gateway says so.
        self.assertNotIn("expiry", cookie)
        # A link of another site leads by the page to sign in, as its request comes without the cookie,
        # and from there, which is the gateway's own, to where it wants to go.
        place = self.elsewhere(link=f'<!doctype html><a href="{site.url}/console/account">See</a>')
        cross, _ = place.origins
        browser.go(f"{cross}/link").press("See").wait_for_heading("Your account")

    def test_a_password_never_gets_into_an_address(self):
        """Fails if a browser sends a form by itself as long as the page's script is missing."""
        site, browser = self.site, self.fresh_browser("slow")
        browser.driver.execute_cdp_cmd("Network.enable", {})
        browser.driver.execute_cdp_cmd(
            "Network.setBlockedURLs", {"urls": ["*/sign-in.js", "*/console.js"]}
        )
        browser.go(f"{site.url}/console/sign-in")
        browser.type("Name", "olga").type("Password", "a-secret-of-olga").press("Sign in")
        browser.keys(Keys.ENTER)
        time.sleep(1)
        self.assertEqual(browser.path, "/console/sign-in")
        self.assertEqual(browser.value("Password"), "a-secret-of-olga")
        cookie = self.cookie("olga", site.make_account("olga"))
        self.put_cookie(browser, *cookie.split("="))
        browser.go(f"{site.url}/console/account")
        browser.type("Current password", "a-secret-of-olga").type(
            "New password", "another-secret-of-hers"
        )
        browser.press("Change the password").keys(Keys.ENTER)
        time.sleep(1)
        self.assertEqual(browser.path, "/console/account")

    def test_two_sessions_at_once_are_none(self):
        """Fails if one of two cookies of a name is chosen: a page of another port could have put it
        there."""
        own = self.cookie("olga", self.site.make_account("olga"))
        other = self.cookie("mallory", self.site.make_account("mallory", "read"))
        for pair in (f"{own}; {other}", f"{other}; {own}"):
            status, _, text = self.send("GET", "/v1/me", headers={"Cookie": pair})
            self.assertEqual(status, 401, text)

    def test_after_signing_out_nothing_is_left(self):
        """Fails if the gateway forgets to end the session, or a browser keeps what its pages
        showed."""
        site, browser = self.site, self.sign_in_fresh("leaving", "nora")
        browser.go(f"{site.url}{site.office.path}/public-link").wait_for_heading("Public Link")
        cookie = self.cookies(browser)["sluice"]["value"]
        browser.press("nora").dialog("nora").press("Sign out")
        browser.wait_for_path("/console/sign-in")
        status, _, _ = self.send("GET", "/v1/me", headers={"Cookie": f"sluice={cookie}"})
        self.assertEqual(status, 401)
        self.assertNotIn("sluice", self.cookies(browser))
        browser.driver.back()
        browser.wait_for_path("/console/sign-in")
        self.assertNotIn("Public Link", browser.driver.page_source)

    def test_a_login_that_is_ended_leaves_its_open_page(self):
        """Fails if an open page goes on showing what its reader may no longer see."""
        site, browser = self.site, self.sign_in_fresh("ended", "nina", "operate")
        browser.go(f"{site.url}{site.office.path}/denials").wait_for_heading("Denials")
        accounts = self.data("GET", "/v1/accounts?size=500")
        [nina] = [each for each in accounts if each["name"] == "nina"]
        self.data("PATCH", f"/v1/accounts/{nina['accountId']}", {"enabled": False})
        browser.wait_for_path("/console/sign-in")

    def test_a_page_without_events_leaves_when_its_login_has_ended(self):
        """Fails if a page takes the page to sign in for nothing new, and goes on showing what it
        has."""
        site, browser = self.site, self.fresh_browser("late")
        browser.driver.execute_cdp_cmd("Network.enable", {})
        browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/v1/events*"]})
        self.sign_in(browser, "nils", site.make_account("nils", "operate"))
        browser.go(f"{site.url}{site.office.path}/denials").wait_for_heading("Denials")
        [account] = [
            each for each in self.data("GET", "/v1/accounts?size=500") if each["name"] == "nils"
        ]
        self.data("PATCH", f"/v1/accounts/{account['accountId']}", {"enabled": False})
        browser.type("Filter denials", "10.")
        browser.wait_for_path("/console/sign-in")

    def test_a_page_that_is_looked_at_again_leaves_when_its_login_has_ended(self):
        """Fails if somebody who has signed out in one window leaves something to read in
        another."""
        site, browser = self.site, self.sign_in_fresh("two", "nele")
        driver = browser.driver
        browser.go(f"{site.url}/console/account").wait_for_heading("Your account")
        first = driver.current_window_handle
        driver.switch_to.new_window("tab")
        browser.go(f"{site.url}{site.office.path}/denials").wait_for_heading("Denials")
        browser.press("nele").dialog("nele").press("Sign out")
        browser.wait_for_path("/console/sign-in")
        driver.switch_to.window(first)
        browser.wait_for_path("/console/sign-in")

    def test_a_key_that_no_longer_counts_leads_to_the_sign_in(self):
        """Fails if an open page waits for a gateway that answers it, but will never let it in
        again: the cookie of a key ends with the gateway."""
        site, browser = self.site, self.fresh_browser("restarted")
        key = self.key("before a restart", "read")["secret"]
        browser.go(f"{site.url}/console/sign-in#key={key}")
        browser.wait_for_path(f"{site.warehouses[0].path}/overview").wait_for_heading("Office")
        site.stop_gateway()
        site.start()
        browser.wait_for_path("/console/sign-in")

    def test_an_open_page_does_not_keep_a_login_alive(self):
        """Fails if what a page asks for by itself counts as a use: a login would never end for want
        of it."""
        cookie = {"Cookie": self.cookie("olga", self.site.make_account("olga"))}

        def last_use():
            _, _, text = self.api("GET", "/v1/me/logins?size=100", name="olga")
            logins = json.loads(text)["data"]
            return max(each["lastUsedAt"] for each in logins if not each["current"])

        path = f"{self.site.office.path}/overview"
        self.assertEqual(self.send("GET", path, headers=cookie)[0], 200)
        before = last_use()
        time.sleep(2)
        self.assertEqual(self.send("GET", path, headers={**cookie, "X-Unattended": "true"})[0], 200)
        self.assertEqual(last_use(), before)
        self.assertEqual(self.send("GET", path, headers=cookie)[0], 200)
        self.assertGreater(last_use(), before)

    def test_the_cookie_of_a_key_ends_with_the_key_and_is_of_no_use_elsewhere(self):
        """Fails if the cookie is believed without the key, if it says what the key is, or if it
        goes before a session."""
        made = self.key("for a cookie", "read")
        status, fields, _ = self.send(
            "POST", "/v1/login/key", {"key": made["secret"]}, self.own_page
        )
        self.assertEqual(status, 200)
        [field] = fields["set-cookie"]
        self.assertTrue(field.startswith("sluice-key="))
        self.assertIn("; HttpOnly; SameSite=Strict", field)
        self.assertNotIn(made["secret"], field)
        cookie = field.split(";")[0]
        _, _, text = self.send("GET", "/v1/me", headers={"Cookie": cookie})
        self.assertIn("for a cookie", text)
        # A write needs to come from the gateway's own page.
        status, _, text = self.send("POST", "/v1/logout", headers={"Cookie": cookie})
        self.assertEqual(status, 403, text)
        # Changed, cut off, or twice, it is nothing.
        other = "A" if cookie[-5] != "A" else "B"
        for other in [
            cookie[:-5] + other + cookie[-4:],
            cookie[:40],
            f"{cookie}; {cookie}",
            "sluice-key=" + made["secret"],
        ]:
            status, _, text = self.send("GET", "/v1/me", headers={"Cookie": other})
            self.assertEqual(status, 401, text)
        # A session goes before it.
        session = self.cookie("olga", self.site.make_account("olga"))
        _, _, text = self.send("GET", "/v1/me", headers={"Cookie": f"{cookie}; {session}"})
        self.assertIn("olga", text)
        # And who signs in has only the session afterwards.
        status, fields, _ = self.send(
            "POST",
            "/v1/login",
            {"name": "olga", "password": self.site.make_account("olga")},
            {**self.own_page, "Cookie": cookie},
        )
        self.assertIn(
            "sluice-key=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", fields["set-cookie"]
        )
        self.data("PATCH", f"/v1/keys/{made['key']['keyId']}", {"enabled": False})
        status, _, text = self.send("GET", "/v1/me", headers={"Cookie": cookie})
        self.assertEqual(status, 401, text)

    def test_passwords_are_not_guessed(self):
        """Fails if a source may try passwords as fast as it likes, or if the answer tells of
        accounts."""
        source, answers = "127.95.0.1", []
        # Ten failures at once, and then one every six seconds.
        for attempt in range(60):
            name = "olga" if attempt % 2 else "nobody-of-this-name"
            status, _, text = self.send(
                "POST",
                "/v1/login",
                {"name": name, "password": f"guess {attempt}"},
                self.own_page,
                source,
            )
            answers.append((status, json.loads(text)["message"] if status == 401 else None))
            if status == 429:
                break
        self.assertEqual(len({message for status, message in answers if status == 401}), 1, answers)
        self.assertIn(429, {status for status, _ in answers})
        # Nobody else is locked out.
        self.cookie("olga", self.site.make_account("olga"))


class Redirects(Attack):
    HOSTILE = [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "/console/..//evil.example",
        "/console/%2e%2e//evil.example",
        "http:evil.example",
        "/%252F%252Fevil.example",
        "//127.0.0.1:1/",
        "data:text/html,x",
        "/\u2044evil.example",
        " //evil.example",
    ]

    def test_nobody_is_led_elsewhere_after_signing_in(self):
        """Fails if the page to sign in believes where it is told to lead to."""
        site, browser = self.site, self.fresh_browser("led")
        password = site.make_account("paul", "read")
        for target in self.HOSTILE:
            browser.go(f"{site.url}/console/sign-in?return={urllib.parse.quote(target, safe='')}")
            leads = browser.driver.execute_script(
                "return Array.from(document.querySelectorAll('[data-leads]'),"
                " (form) => new URL(form.dataset.leads, location.href).href)"
            )
            for lead in leads:
                self.assertTrue(lead.startswith(f"{site.url}/console"), f"{target}: {lead}")
        browser.go(f"{site.url}/console/sign-in?return=//evil.example")
        browser.type("Name", "paul").type("Password", password).press("Sign in")
        browser.wait_for_path(f"{site.warehouses[0].path}/overview")

    def test_nor_by_any_other_page(self):
        """Fails if a redirect repeats what it was asked for."""
        cookie = self.cookie("olga", self.site.make_account("olga"))
        for path in [
            "//evil.example/console",
            "/console//evil.example",
            "/\\evil.example",
            "/console/..//evil.example",
            "/console?return=//evil.example",
            "/console/account?return=//evil.example",
            "/",
            "/v1/sso/start?return=//evil.example",
            "/v1/sso/start?return=/%5Cevil.example",
        ]:
            for headers in [
                {},
                {"Cookie": cookie},
                {"Accept": "text/html"},
                {"X-Forwarded-Host": "evil.example"},
            ]:
                _, fields, _ = self.send("GET", path, headers=headers)
                for location in fields.get("location", []):
                    parts = urllib.parse.urlsplit(location)
                    provider = f"localhost:{self.site.provider.port}"
                    self.assertIn(parts.netloc, ("", provider), f"{path}: {location}")
                    self.assertTrue(parts.path.startswith("/"), location)


class Readers(Attack):
    def test_pages_offer_a_reader_nothing_that_is_refused(self):
        """Fails if a page has a form that its reader may not send, or shows a secret."""
        site = self.site
        cookie = {"Cookie": self.cookie("rita", site.make_account("rita", "read"))}
        for page in self.pages():
            status, _, text = self.send("GET", page, headers=cookie)
            if page == "/console/account":
                continue
            self.assertIn(status, (200, 403), page)
            for word in ["data-call", "data-does", "sk-", "ss-"]:
                self.assertNotIn(word, text, page)
        # And what they send nevertheless is refused.
        for method, path, body in [
            ("POST", f"/v1/warehouses/{site.office.id}/whitelist/entries", {"cidr": "127.96.0.1"}),
            ("DELETE", f"/v1/sessions?warehouse={site.office.id}", None),
            ("POST", "/v1/keys", {"name": "mine", "role": "administer"}),
            ("PATCH", f"/v1/warehouses/{site.office.id}/whitelist", {"mode": "anywhere"}),
            ("GET", "/v1/audit/export", None),
            ("GET", "/v1/backup", None),
            ("GET", "/v1/keys", None),
        ]:
            status, _, text = self.send(method, path, body, {**cookie, **self.own_page})
            self.assertEqual(status, 403, f"{method} {path}: {text}")

    def test_pages_of_a_reader_are_live_too(self):
        """Fails if a page asks for events that its reader may not see: it is then refused all of
        them, and says that the gateway is gone."""
        site, browser = self.site, self.fresh_browser("rita")
        self.sign_in(browser, "rita", site.make_account("rita", "read"))
        for place in [
            "overview",
            "public-link",
            "private-link",
            "private-link/inbound",
            "private-link/outbound",
        ]:
            browser.go(f"{site.url}{site.office.path}/{place}").wait_until_live()
            time.sleep(1)
            self.assertEqual(browser.driver.find_element(By.ID, "connection").text, "", place)
            self.assertEqual(browser.console_errors(), [], place)

    def test_whoever_sees_one_warehouse_sees_nothing_of_others(self):
        """Fails if a page asks the API for more than its reader may see, or an id that is none for
        all."""
        site = self.site
        first = site.command(
            "account",
            "create",
            "lena",
            "--role",
            "operate",
            "--warehouse",
            site.contractor.id,
            "--quiet",
        ).strip()
        password = "quite another password 7"
        login = site.call(
            "POST", "/v1/login", {"name": "lena", "password": first, "client": "commandLine"}
        )
        site.call(
            "POST",
            "/v1/me/password",
            {"currentPassword": first, "newPassword": password},
            {"Authorization": f"Bearer {login['token']}"},
        )
        # Something of others: a denial, an unknown endpoint, a session, a key, changes.
        Client(site.office.mysql, "127.97.0.1").close()
        Client(
            site.links.private, header=proxy_header("10.97.0.2", AWS, "vpce-0abcabcabcabcabc0")
        ).close()
        self.key("key of others", "read")
        others = [each.id for each in site.warehouses if each is not site.contractor] + [
            "127.97.0.1",
            "10.97.0.2",
            "vpce-0abcabcabcabcabc0",
            "127.98.0.1",
            "key of others",
        ]
        cookie = {"Cookie": self.cookie("lena", password)}
        with Client(site.live.mysql, "127.98.0.1"):
            for page in self.pages() + [
                f"/console/warehouses/{each}/{place}"
                for each in ("%zz", "%", "%00", "..", "*")
                for place in ("overview", "sessions", "denials", "public-link")
            ]:
                page = page.replace(site.office.id, site.contractor.id)
                status, _, text = self.send("GET", page, headers=cookie)
                if (
                    "WH" in page
                    and site.contractor.id not in page
                    or "/%" in page
                    or "/." in page
                    or "*" in page
                ):
                    self.assertEqual(status, 404, page)
                for other in others:
                    if other not in page:
                        self.assertNotIn(other, text, page)


class Rudeness(Attack):
    def test_odd_requests_get_a_plain_answer(self):
        """Fails if a request for a page brings another one into the API, or ends the gateway."""
        site = self.site
        cookie = {"Cookie": self.cookie("olga", site.make_account("olga"))}
        root = site.office.path
        for path, expected in [
            (f"{root}/public-link?page=9223372036854775807", 400),
            (f"{root}/public-link?page=-1", 400),
            (f"{root}/public-link?page=1000000000", 200),
            (f"{root}/overview?range=day&range=day", 200),
            (f"{root}/denials?text=a&text=b", 200),
            (f"{root}/explain?source=%00", 200),
            (f"{root}/explain?source=1.2.3.4%26warehouse%3D{site.live.id}", 200),
            ("/console/warehouses/%2e%2e%2fkeys/overview", 404),
            ("/console/warehouses/..%2f..%2fme/sessions", 404),
            (f"/console/warehouses/{site.office.id}%3Fx/overview", 404),
            (f"/console/warehouses/{site.office.id}%0d%0aX-API-Key:%20a/overview", 404),
            ("/console/warehouses/%zz/sessions", 404),
            ("/console/warehouses/%zz/overview", 404),
            ("/console/activity?action=%00", 200),
            (f"{root}/overview?" + "a=b&" * 1500, 200),
        ]:
            status, _, text = self.send("GET", path, headers=cookie)
            self.assertEqual(status, expected, f"{path[:80]}: {text[:300]}")
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]:
            status, _, _ = self.send(
                method, f"{root}/overview", headers={**cookie, **self.own_page}
            )
            self.assertEqual(status, 405, method)
        status, fields, text = self.send("HEAD", f"{root}/overview", headers=cookie)
        self.assertEqual((status, text), (200, ""))
        # A body, and headers that mean something to calls that change something.
        status, _, _ = self.send(
            "GET",
            f"{root}/overview",
            b"x" * 1000,
            {
                **cookie,
                "RequestId": "00000000-0000-4000-8000-000000000000",
                "Last-Event-ID": "1",
                "X-HTTP-Method-Override": "DELETE",
            },
        )
        self.assertEqual(status, 200)
        self.assertEqual(self.send("GET", "/readyz")[0], 200)

    def test_two_hundred_pages_at_once_do_not_take_the_gateway_away(self):
        """Fails if a reader, or somebody without a login, gets the gateway to stop answering by
        asking for pages, however slowly they read."""
        site = self.site
        cookie = self.cookie("rita", site.make_account("rita", "read"))
        page = f"{site.office.path}/public-link"
        open_sockets = []
        for number in range(200):
            each = socket.create_connection(("127.0.0.1", site.port), gateway.PATIENCE)
            open_sockets.append(each)
            head = f"Cookie: {cookie}\r\n" if number % 2 else ""
            each.sendall(
                f"GET {page} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n{head}\r\n".encode()
            )
        try:
            start = time.monotonic()
            self.assertEqual(self.send("GET", "/healthz")[0], 200)
            self.assertEqual(self.send("GET", page, headers={"Cookie": cookie})[0], 200)
            self.assertLess(time.monotonic() - start, gateway.PATIENCE / 2)
            # And the data plane is not asked.
            with Client(site.live.mysql, "127.98.0.2") as client:
                self.assertTrue(client.is_admitted)
        finally:
            for each in open_sockets:
                each.close()
