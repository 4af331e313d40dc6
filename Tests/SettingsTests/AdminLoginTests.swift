import Settings
import Testing

@Suite("The administrator's login of a configuration")
struct AdminLoginTests {
    private func decoded(_ login: ConfigurationNode) -> DecodedConfiguration {
        SampleTree.public.setting("warehouses[0].adminLogin", to: login).decoded()
    }

    @Test("It has a user and the path of a file")
    func read() {
        let decoded = decoded(["user": "root", "passwordFile": "/etc/sluice/password"])
        #expect(
            decoded.configuration?.topology.warehouses[0].adminLogin
                == AdminLogin(user: "root", passwordFile: "/etc/sluice/password")
        )
    }

    @Test("The user is admin by default")
    func standard() {
        let login = decoded(["passwordFile": "p"]).configuration?.topology.warehouses[0].adminLogin
        #expect(login?.user == "admin")
    }

    @Test("A password in the file itself is refused, and not repeated")
    func password() {
        let findings = decoded(["user": "admin", "password": "hunter2"]).findings
        #expect(findings.count == 1 && findings[0].path.hasSuffix("adminLogin.password"))
        #expect(findings[0].remedy?.contains("passwordFile: ") == true)
        #expect(!"\(findings)".contains("hunter2"))
    }
}
