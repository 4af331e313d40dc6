import Control
import Foundation
import Testing

@testable import sluice

@Suite("Accounts and logins for people")
struct AccountViewTests {
    private func decode<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    private static let anna = """
        {"accountId":"a7q2m9x4bc","name":"anna","origin":"local","role":"operate",\
        "warehouses":["AW1"],"enabled":true,"secondFactor":true,"recoveryCodesLeft":9,\
        "mustChangePassword":true,"createdAt":"2026-11-29T02:00:00Z","createdBy":"admin",\
        "passwordChangedAt":"2026-11-29T02:00:00Z"}
        """

    @Test("An account, with what has to be done")
    func account() throws {
        let account: AccountView = try decode(Self.anna)
        let expected = """
            id             a7q2m9x4bc
            name           anna
            role           operate
            warehouses     AW1
            status         enabled
            password       set 2026-11-29T02:00:00Z, to be changed at the next login
            second factor  set, 9 recovery codes left
            created        2026-11-29T02:00:00Z by admin
            last login     never

            """
        #expect(account.text == expected)
    }

    @Test("A name is any case of a local account's; an id comes first, a provider's name last")
    func names() throws {
        let accounts: [AccountView] = try decode(
            """
            [\(Self.anna),
            {"accountId":"b","name":"Anna","origin":"provider","role":"read"},
            {"accountId":"c","name":"x","origin":"provider","role":"read"},
            {"accountId":"d","name":"y","origin":"provider","role":"read"},
            {"accountId":"e","name":"y","origin":"provider","role":"read"},
            {"accountId":"anna2","name":"a7q2m9x4bc","origin":"local","role":"read"}]
            """
        )
        let id = { try AccountCommand.ID.id($0, among: accounts) }
        #expect(try id("ANNA") == "a7q2m9x4bc" && id("a7q2m9x4bc") == "a7q2m9x4bc")
        #expect(try id("x") == "c")
        #expect(throws: CommandFailure.self) { try id("y") }
        for (name, remedy) in [
            ("ana", "did you mean anna?"), ("unknown", "see sluice account list"),
        ] {
            let error = #expect(throws: CommandFailure.self) { try id(name) }
            #expect(error?.message == "unknown account \"\(name)\" (\(remedy))")
        }
    }

    @Test("One's own login is marked")
    func logins() throws {
        let logins: [LoginView] = try decode(
            """
            [{"loginId":"m3","accountName":"admin","client":"commandLine","source":"203.0.113.7",\
            "createdAt":"2026-11-29T09:00:00Z","current":true},{"loginId":"t8","accountName":"anna"}]
            """
        )
        let table = ManagementClient.Listing(elements: logins, total: 2).table
        let expected = """
               ID  ACCOUNT  CLIENT       FROM         SINCE                 LAST USED  ENDS
            *  m3  admin    commandLine  203.0.113.7  2026-11-29T09:00:00Z  -          -
               t8  anna     -            -            -                     -          -

            """
        #expect(table == expected)
    }

    @Test("A secret is shown in groups, recovery codes one a line")
    func secrets() throws {
        let offer = Offer(secret: "JBSWY3DPEH", uri: "otpauth://totp/x")
        #expect(offer.groups == "JBSW Y3DP EH" && offer.text.contains("otpauth://totp/x\n"))
        let drawn = Offer(secret: "JB", uri: "x", qrCode: ["10", "01"])
        // Light modules are drawn, with a margin of two.
        #expect(drawn.text.contains("    ██████\n    ██▄▀██\n    ██████\n"), "\(drawn.text)")
        let codes = NewRecoveryCodes(recoveryCodes: ["a-b", "c-d"])
        #expect(codes.text.hasSuffix("    a-b\n    c-d\n"))
    }
}
