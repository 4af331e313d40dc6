"""The journeys of the console, each from start to end as its user goes it."""

import json
import re
import time
import unittest
from datetime import datetime

from browser import Browser, tomorrow
from gateway import (
    AWS, AZURE, Client, LossyLine, Nginx, curl, fetch, greeting, is_admitted, one_time_code,
    proxy_header, query, wait_until,
)


class Journey(unittest.TestCase):
    """All share a gateway, and a window whose user has signed in."""

    site = None
    is_visible = False
    browsers = []
    _signed_in = None

    @classmethod
    def new_browser(cls, name):
        """A window in which nobody has signed in."""
        browser = Browser(cls.site.folder, name, cls.is_visible)
        Journey.browsers.append(browser)
        return browser

    @classmethod
    def close(cls, browser):
        Journey.browsers.remove(browser)
        browser.quit()

    @classmethod
    def close_all(cls):
        for browser in list(Journey.browsers):
            Journey.close(browser)
        Journey._signed_in = None

    def fresh_browser(self, name):
        browser = self.new_browser(name)
        self.addCleanup(lambda: self.close(browser))
        return browser

    @property
    def browser(self):
        if Journey._signed_in is None:
            Journey._signed_in = self.new_browser("olga")
            self.sign_in(Journey._signed_in, "olga", self.site.make_account("olga"))
        return Journey._signed_in

    def sign_in(self, browser, name, password, url=None):
        browser.go((url or self.site.url) + "/console/sign-in")
        browser.type("Name", name).type("Password", password).press("Sign in")
        return browser.wait_for_path(f"{self.site.warehouses[0].path}/overview")

    def open(self, warehouse, place):
        browser = self.browser
        browser.go(f"{self.site.url}{warehouse.path}/overview")
        if place != "Overview":
            browser.open_place(place)
        return browser.wait_until_live()


class FirstSignIn(Journey):
    def test_whoever_signs_in_first_sets_a_password_and_sees_the_overview(self):
        site, browser = self.site, self.fresh_browser("admin")
        # Whatever one asks for, one signs in first, and is led back.
        browser.go(f"{site.url}{site.live.path}/sessions").wait_for_path("/console/sign-in")
        browser.type("Name", "admin").type("Password", "not the password").press("Sign in")
        browser.wait_for("password")
        browser.type("Password", site.first_password).press("Sign in")
        browser.wait_for_path("/console/account").wait_for_heading("Your account")
        # Nothing else can be done before.
        browser.go(f"{site.url}{site.live.path}/sessions").wait_for_path("/console/account")
        password = "a password of my own"
        browser.type("Current password", site.first_password).type("New password", password)
        browser.press("Change the password")
        # And then it goes on.
        browser.wait_for_path(f"{site.warehouses[0].path}/overview")
        browser.wait_for_announcement("Changed your password").wait_for("Backends")
        self.assertFalse((site.folder / "sluice.db.admin-password").exists())
        browser.press("admin").dialog("admin").press("Sign out")
        browser.wait_for_path("/console/sign-in")
        self.sign_in(browser, "admin", password)

    def test_browsers_are_led_to_the_console(self):
        browser = self.fresh_browser("visitor")
        browser.go(self.site.url).wait_for_path("/console/sign-in")


class Whitelist(Journey):
    def test_an_office_network_is_allowed(self):
        warehouse = self.site.office
        self.assertFalse(is_admitted(warehouse.mysql, "127.0.0.1"))
        browser = self.open(warehouse, "Public Link")
        browser.section("IP whitelist").wait_for("Nowhere").press("Change")
        mode = browser.dialog("IP whitelist")
        mode.choose("Specific locations").press("Confirm")
        browser.wait_for_no_dialog().section("IP whitelist").wait_for("Specific locations")
        self.assertFalse(is_admitted(warehouse.mysql, "127.0.0.1"))
        browser.press("Add an address").dialog("Add to the whitelist").type(
            "Address or block", "127.0.0.0/16"
        ).type("Description", "Office Berlin").press("Add")
        browser.wait_for_no_dialog().wait_for_announcement("Added to the whitelist")
        browser.row("127.0.0.0/16").wait_for("Office Berlin")
        self.assertEqual(query(warehouse.mysql), "42")
        self.assertEqual(fetch(warehouse.http, "127.0.3.4"), 200)
        self.assertFalse(is_admitted(warehouse.mysql, "127.1.0.1"))
        # It can be taken out of use, and back into it.
        wait_until(lambda: self.site.sessions(warehouse) == 0, "the clients have left")
        browser.row("127.0.0.0/16").press("Disable 127.0.0.0/16")
        browser.dialog("Disable 127.0.0.0/16?").press("Disable")
        browser.wait_for_no_dialog().row("127.0.0.0/16").wait_for("Disabled")
        self.assertFalse(is_admitted(warehouse.mysql, "127.0.0.1"))
        browser.row("127.0.0.0/16").press("Enable 127.0.0.0/16")
        browser.dialog("Enable 127.0.0.0/16?").press("Enable")
        browser.wait_for_no_dialog().row("127.0.0.0/16").wait_without("Disabled")
        self.assertEqual(query(warehouse.mysql), "42")

    def test_a_contractor_gets_in_until_tomorrow(self):
        warehouse, end = self.site.contractor, tomorrow()
        self.assertFalse(is_admitted(warehouse.mysql, "127.21.0.7"))
        browser = self.open(warehouse, "Public Link")
        browser.press("Add an address").dialog("Add to the whitelist").type(
            "Address or block", "127.21.0.7"
        ).type("Description", "Contractor").pick_time("Ends", end).press("Add")
        browser.wait_for_no_dialog().row("127.21.0.7").wait_for("Contractor").wait_for(
            re.compile(r"\d{2}:\d{2}")
        )
        self.assertTrue(is_admitted(warehouse.mysql, "127.21.0.7"))
        listed = json.loads(self.site.command(
            "whitelist", "list", "--warehouse", warehouse.id, "--json"))
        [entry] = [each for each in listed["entries"] if each["cidr"].startswith("127.21.0.7")]
        expected = end.astimezone().timestamp() // 60 * 60
        self.assertEqual(
            datetime.fromisoformat(entry["expiresAt"].replace("Z", "+00:00")).timestamp(), expected
        )

    def test_an_address_is_denied_and_its_session_is_gone(self):
        warehouse = self.site.live
        with Client(warehouse.mysql, "127.22.0.9") as denied, Client(
            warehouse.mysql, "127.22.0.10"
        ) as other:
            self.assertTrue(denied.is_admitted and other.is_admitted)
            browser = self.open(warehouse, "Public Link")
            browser.press("Add an address")
            dialog = browser.dialog("Add to the whitelist")
            dialog.type("Address or block", "127.22.0.9").choose("What it does", "Deny")
            dialog.press("Add")
            dialog.wait_for("This closes 1 live session.").wait_for("127.22.0.9")
            # Nothing has happened yet.
            self.assertTrue(denied.is_open)
            dialog.press("Add and close 1")
            browser.wait_for_no_dialog().row("127.22.0.9").wait_for("Denied")
            denied.wait_until_closed()
            self.assertTrue(other.is_open)
        self.assertFalse(is_admitted(warehouse.mysql, "127.22.0.9"))
        self.assertTrue(is_admitted(warehouse.mysql, "127.22.0.10"))

    def test_a_list_is_imported_after_a_preview(self):
        warehouse = self.site.imports
        browser = self.open(warehouse, "Public Link")
        browser.press("Import…").wait_for_heading("Import into the whitelist")
        office, server = "127.41.0.0/16  Office Oslo\n", "127.43.0.1  # build server\n"
        browser.type("Lines", f"{office}127.42.0.300\n{server}").press("Preview")
        browser.wait_for("Line 2").wait_for("127.42.0.300")
        self.assertFalse(is_admitted(warehouse.mysql, "127.41.0.1"))
        browser.type("Lines", office + server).press("Preview")
        browser.section("What would change").wait_for("2 added").wait_for("Office Oslo")
        self.assertFalse(is_admitted(warehouse.mysql, "127.41.0.1"))
        browser.section("What would change").press("Import")
        browser.wait_for_path(f"{warehouse.path}/public-link").wait_for_announcement("2 added")
        browser.row("127.41.0.0/16").wait_for("Office Oslo")
        browser.row("127.43.0.1").wait_for("build server")
        for source in ["127.41.0.1", "127.43.0.1", "127.40.0.1"]:
            self.assertTrue(is_admitted(warehouse.mysql, source))
        self.assertFalse(is_admitted(warehouse.mysql, "127.42.0.1"))

    def test_nobody_cuts_off_their_own_address_unawares(self):
        site, warehouse = self.site, self.site.own
        header = proxy_header(Nginx.USER)
        self.assertTrue(is_admitted(warehouse.mysql, "127.0.0.1", header))
        browser = self.fresh_browser("elsewhere")
        self.sign_in(browser, "olga", site.make_account("olga"), site.proxied)
        browser.go(f"{site.proxied}{warehouse.path}/public-link")
        browser.section("IP whitelist").wait_for(f"You come from {Nginx.USER}, which may connect")
        browser.row(Nginx.USER).press(re.compile("^Remove"))
        dialog = browser.dialog(re.compile("^Remove"))
        dialog.press("Remove").wait_for("cuts off your own address")
        self.assertTrue(is_admitted(warehouse.mysql, "127.0.0.1", header))
        # One may think again,
        dialog.press("Cancel")
        browser.wait_for_no_dialog().row(Nginx.USER).press(re.compile("^Remove"))
        # is stopped again, and may insist.
        dialog.press("Remove").wait_for("cuts off your own address").press("Remove anyway")
        browser.wait_for_no_dialog()
        browser.section("IP whitelist").wait_for("which may not connect")
        self.assertFalse(is_admitted(warehouse.mysql, "127.0.0.1", header))
        # And back, with one press.
        browser.press("Add my address").dialog("Add to the whitelist").press("Add")
        browser.wait_for_no_dialog().section("IP whitelist").wait_for("which may connect")
        self.assertTrue(is_admitted(warehouse.mysql, "127.0.0.1", header))


class Clients(Journey):
    def test_a_denied_colleague_is_found_and_let_in(self):
        warehouse, colleague = self.site.colleague, "127.31.0.5"
        browser = self.open(warehouse, "Denials")

        def is_seen():
            """The gateway looks once a second: what was denied before its first look is no news."""
            with Client(warehouse.mysql, colleague) as client:
                self.assertIn(colleague, client.refusal)
            end = time.monotonic() + 5
            while not (found := browser.has_row(colleague)) and time.monotonic() < end:
                time.sleep(0.1)
            return found

        # The open page shows it.
        wait_until(is_seen, f"the open page shows {colleague}")
        browser.row(colleague).wait_for("Not in the whitelist").press(re.compile("^Explain"))
        browser.wait_for_heading("Explain").section("Answer").wait_for("Denied")
        browser.section("Entries that contain it").wait_for("No entry")
        browser.open_place("Denials").type("Filter denials", "127.31.")
        browser.row(colleague).press(re.compile("^Allow"))
        dialog = browser.dialog("Allow this address")
        self.assertEqual(dialog.value("Address or block"), colleague)
        dialog.type("Description", "Carla").press("Allow")
        browser.wait_for_no_dialog().wait_for_announcement("Allowed")
        self.assertTrue(is_admitted(warehouse.mysql, colleague))
        browser.open_place("Public Link").row(colleague).wait_for("Carla")

    def test_a_session_is_closed_from_its_page(self):
        warehouse = self.site.live
        browser = self.open(warehouse, "Sessions")
        with Client(warehouse.mysql, "127.23.0.1") as closed, Client(
            warehouse.mysql, "127.23.0.2"
        ) as other:
            # The open page shows them.
            browser.row("127.23.0.1:").press(re.compile("^Close"))
            browser.dialog(re.compile("^Close the session of 127.23.0.1:")).press("Close the session")
            browser.wait_for_no_dialog().wait_for_announcement("Closed the session")
            closed.wait_until_closed()
            self.assertTrue(other.is_open)
            browser.wait_without("127.23.0.1:").row("127.23.0.2:")


class PrivateLinks(Journey):
    def test_an_endpoint_of_aws_is_seen_registered_and_rejected(self):
        warehouse, endpoint = self.site.links, "vpce-0123456789abcdef0"
        header = proxy_header("10.1.0.10", AWS, endpoint)
        browser = self.open(warehouse, "Private Link")
        self.assertFalse(is_admitted(warehouse.private, header=header))
        # The open page shows it.
        unknown = browser.section("Endpoints that nobody has registered")
        unknown.row(endpoint).wait_for("10.1.0.10").press(re.compile("^Register"))
        dialog = browser.dialog("Register an endpoint")
        self.assertEqual(dialog.value("Endpoint ID"), endpoint)
        dialog.type("Description", "Reporting").press("Register")
        browser.wait_for_no_dialog().wait_for_announcement("Registered")
        browser.section("Endpoints").row(endpoint).wait_for("available").wait_for("Reporting")
        with Client(warehouse.private, header=header) as client:
            self.assertTrue(client.is_admitted)
            row = browser.section("Endpoints").row(endpoint)
            row.wait_for(re.compile(r"\b1\b"))
            row.press(re.compile("^Connection Examples"))
            browser.dialog("Connection Examples").wait_for("mysql").press("Close")
            browser.wait_for_no_dialog()
            row.press(f"Reject {endpoint}")
            dialog = browser.dialog(f"Reject {endpoint}?").press("Reject")
            dialog.wait_for("This closes 1 live session.").wait_for("10.1.0.10")
            self.assertTrue(client.is_open)
            dialog.press("Reject and close 1")
            browser.wait_for_no_dialog()
            row.wait_for("rejected")
            client.wait_until_closed()
        self.assertFalse(is_admitted(warehouse.private, header=header))

    def test_an_endpoint_of_azure_is_set_up_step_by_step_and_removed(self):
        warehouse, endpoint = self.site.links, "553665793"
        header = proxy_header("10.2.0.20", AZURE, endpoint)
        browser = self.open(warehouse, "Private Link")
        browser.press("Set up connection").wait_for_heading("Access Links from your VPC")
        browser.press("Azure").wait_for("Approve a subscription").wait_until_live()
        subscription = "12345678-aaaa-bbbb-cccc-1234567890ab"
        step = browser.section("1. Approve a subscription")
        step.type("Subscription ID", subscription).press("Allow")
        step.wait_for(subscription)
        browser.section("2. Create the endpoint in Azure").wait_for("privateLinkServices/warehouse")
        # The user creates it there, and connects once.
        self.assertFalse(is_admitted(warehouse.private, header=header))
        step = browser.section("3. Register the endpoint")
        step.wait_for("Seen, but not registered").press(f"azure:{endpoint}")
        self.assertEqual(step.value("Endpoint ID"), endpoint)
        step.type("Description", "Power BI").press("Register")
        browser.wait_for_announcement("Registered")
        with Client(warehouse.private, header=header) as client:
            self.assertTrue(client.is_admitted)
            browser.section("4. Test it").wait_for(endpoint).wait_for("1 connection")
            browser.press("Back to Private Link").wait_for_heading("Private Link")
            row = browser.section("Endpoints").row(endpoint)
            row.wait_for("Power BI").press(f"Reject {endpoint}")
            browser.dialog(f"Reject {endpoint}?").press("Reject").wait_for(
                "This closes 1 live session."
            ).press("Reject and close 1")
            browser.wait_for_no_dialog()
            client.wait_until_closed()
        self.assertFalse(is_admitted(warehouse.private, header=header))
        # It is accepted after all,
        row.press(f"Accept {endpoint}")
        browser.dialog(f"Accept {endpoint}?").press("Accept")
        browser.wait_for_no_dialog()
        row.wait_without("Rejected")
        self.assertTrue(is_admitted(warehouse.private, header=header))
        # and goes.
        row.press(f"Remove {endpoint}")
        browser.dialog(f"Remove {endpoint}?").press("Remove")
        browser.wait_for_no_dialog()
        self.assertFalse(is_admitted(warehouse.private, header=header))

    def test_an_outbound_service_is_registered_and_reached(self):
        site, warehouse = self.site, self.site.outbound
        try:
            network = site.network
        except PermissionError as error:
            self.skipTest(f"no network can be made here: {error}")
        service = "vpce-svc-0123456789abcdef0"
        browser = self.open(warehouse, "Private Link")
        browser.press("New connection").wait_for_heading("Outbound accesses your VPC")
        browser.section("1. Create an endpoint service in AWS").wait_for("999988887777")
        step = browser.section("2. Register the service")
        step.type("Service ID", service)
        step.type("Service name", f"com.amazonaws.vpce.us-east-1.{service}").press("Register")
        browser.wait_for_announcement("Registered the service")
        step.row(service)
        step = browser.section("3. Create the endpoint")
        step.type("Endpoint Name", "ledger").choose("Service", service)
        step.type("Address", "127.0.0.1:5432").press("Create Now")
        step.wait_for("not in a user's network")
        step.type("Address", network.address).press("Create Now")
        browser.wait_for_announcement("Created the endpoint")
        # The open page shows how it becomes available.
        row = browser.section("4. Accept it, and test").row("ledger")
        row.wait_for("available").wait_for("Reachable")
        host, port = re.search(r"(127\.0\.0\.1):(\d+)", row.text).groups()
        self.assertEqual(greeting(int(port), "127.50.0.1"), "ledger")
        self.assertEqual(greeting(int(port), "127.51.0.1"), "")
        browser.press("Back to Private Link").wait_for_heading("Private Link")
        row = browser.section("Outbound endpoints").row("ledger")
        row.wait_for("available").press("Remove ledger")
        browser.dialog("Remove ledger?").press("Remove")
        browser.wait_for_no_dialog().section("Outbound endpoints").wait_for("No outbound endpoint")
        self.assertEqual(greeting(int(port), "127.50.0.1"), "")


class SigningIn(Journey):
    def make_key(self, name, role):
        """Creates a key in the settings, and returns it."""
        browser = self.browser.go(f"{self.site.url}/console").open_place("Settings")
        browser.press("Create a key").dialog("Create an API key").type("Name", name).choose(
            role
        ).press("Create")
        shown = browser.dialog("The new key")
        secret = shown.secret()
        shown.press("I have stored it")
        browser.wait_for_no_dialog().row(name).wait_for(role).wait_for("Enabled")
        self.assertNotIn(secret, browser.driver.page_source)
        return secret

    def disable_key(self, name):
        browser = self.browser.go(f"{self.site.url}/console/settings/keys")
        browser.row(name).press(f"Disable {name}")
        dialog = browser.dialog(f"Disable {name}?").press("Disable")
        browser.wait_for_no_dialog().row(name).wait_for("Disabled")

    def test_a_key_is_made_used_with_curl_and_disabled(self):
        warehouse = self.site.imports
        key = self.make_key("deploy", "Operate")
        url = f"{self.site.url}/v1/warehouses/{warehouse.id}/whitelist/entries"
        self.assertFalse(is_admitted(warehouse.mysql, "127.44.0.1"))
        body = json.dumps({"cidr": "127.44.0.1", "description": "by curl"})
        self.assertEqual(curl(url, key, "--data", body), "201")
        self.assertTrue(is_admitted(warehouse.mysql, "127.44.0.1"))
        self.browser.go(f"{self.site.url}/console/settings/keys").row("deploy").wait_for("127.0.0.1")
        self.disable_key("deploy")
        self.assertEqual(curl(url, key), "401")

    def test_whoever_has_only_a_key_signs_in_with_it(self):
        key = self.make_key("reader", "Read")
        browser = self.fresh_browser("reader")
        browser.go(f"{self.site.url}/console/sign-in").press("Sign in with an API key")
        browser.type("API key", "sk-wrong").press("Use this key").wait_for(re.compile("[Kk]ey"))
        browser.type("API key", key).press("Use this key")
        browser.wait_for_path(f"{self.site.warehouses[0].path}/overview")
        # It may read, and nothing else.
        browser.open_place("Public Link")
        self.assertFalse(browser.has_button("Add an address"))
        self.assertTrue(browser.has_button("reader"))
        self.disable_key("reader")
        browser.go(f"{self.site.url}/console").wait_for_path("/console/sign-in")

    def test_an_account_signs_in_by_password_and_one_time_code(self):
        site, browser = self.site, self.browser
        browser.go(f"{site.url}/console/settings/accounts")
        browser.press("Create an account").dialog("Create an account").type("Name", "pia").choose(
            "Operate"
        ).press("Create")
        shown = browser.dialog("The password of the new account")
        password = shown.secret()
        shown.press("I have stored it")
        browser.wait_for_no_dialog().row("pia").wait_for("Operate")

        browser = self.fresh_browser("pia")
        browser.go(f"{site.url}/console/sign-in")
        browser.type("Name", "pia").type("Password", password).press("Sign in")
        browser.wait_for_path("/console/account")
        own = "long enough for anybody"
        # Of the card; the dialogs that ask for it are closed.
        browser.type("Current password", password).type("New password", own)
        browser.press("Change the password").wait_for_announcement("Changed your password")
        browser.press("pia").dialog("pia").press("Your account")
        browser.wait_for_heading("Your account").press("Set up")
        browser.dialog("Set up one-time codes").type("Current password", own).press("Continue")
        dialog = browser.dialog("Scan it, and type a code")
        dialog.wait_for("type the secret")
        self.assertIn("QR code", dialog.find().find_element("css selector", "svg").accessible_name)
        secret = dialog.find().find_element("id", "factor-secret").text
        dialog.type("Code", "000000").press("Turn on").wait_for(re.compile("(?i)code.*(wrong|match|right)"))
        dialog.type("Code", one_time_code(secret)).press("Turn on")
        shown = browser.dialog("Recovery codes")
        recovery = shown.secret().split()
        shown.press("I have stored it")
        browser.wait_for_no_dialog().section("One-time codes").wait_for("10 recovery codes")

        for code in [one_time_code(secret, periods=1), recovery[0]]:
            browser.press("pia").dialog("pia").press("Sign out")
            browser.wait_for_path("/console/sign-in")
            browser.type("Name", "pia").type("Password", own).press("Sign in")
            browser.type("One-time code", code).press("Sign in")
            browser.wait_for_path(f"{site.warehouses[0].path}/overview")
        browser.go(f"{site.url}/console/account").section("One-time codes").wait_for("9 recovery codes")

    def test_somebody_signs_in_by_single_sign_on(self):
        browser = self.fresh_browser("ada")
        target = f"{self.site.live.path}/denials"
        browser.go(self.site.url + target).wait_for_path("/console/sign-in")
        browser.press("Sign in with Company")

        def be_ada():
            browser.driver.find_element("css selector", 'button[value="u-ada"]').click()
            return True

        browser.steadily(be_ada, "the provider's page")
        # Back where they wanted to go.
        browser.wait_for_path(target).wait_for_heading("Denials")
        self.assertTrue(browser.has_button("ada"))


class Restarts(Journey):
    def test_an_open_page_outlives_a_restart_and_a_form_is_done_once(self):
        site, warehouse = self.site, self.site.restart
        line = LossyLine(site.port)
        self.addCleanup(line.close)
        self.addCleanup(lambda: site.program.is_running or site.start())
        browser = self.fresh_browser("patient")
        self.sign_in(browser, "olga", site.make_account("olga"), line.url)
        browser.go(f"{line.url}{warehouse.path}/public-link").press("Add an address")
        dialog = browser.dialog("Add to the whitelist")
        dialog.type("Address or block", "127.61.0.1").type("Description", "Patience")
        site.stop_gateway()
        browser.wait_for("Connecting again")
        dialog.press("Add").wait_for("The gateway cannot be reached")
        site.start()
        browser.wait_without("Connecting again")
        # What was typed is still there. This time it is done, but the answer is lost.
        self.assertEqual(dialog.value("Description"), "Patience")
        line.loses_answer_to = b"/whitelist/entries HTTP"
        dialog.press("Add")
        self.assertTrue(line.has_lost.wait(120))
        dialog.wait_for("The gateway cannot be reached")
        self.assertTrue(is_admitted(warehouse.mysql, "127.61.0.1"))
        # Even after the gateway has started once more, it is not done again.
        site.stop_gateway()
        site.start()
        dialog.press("Add")
        browser.wait_for_no_dialog().wait_for_announcement("Added to the whitelist")
        browser.row("127.61.0.1").wait_for("Patience")
        added = site.command("audit", "export", "--warehouse", warehouse.id,
                             "--action", "whitelist.entry.add").splitlines()
        self.assertEqual(len(added), 1, added)
