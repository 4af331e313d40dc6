import Policy
import Settings
import Testing

@Suite("Identities in the clouds")
struct IdentityTests {
    @Test("Each cloud's name for an account is read")
    func read() throws {
        let decoded =
            SampleTree.public
            .setting("identities.aws", to: "arn:aws:iam::123456789012:root")
            .setting("identities.azure", to: "11111111-2222-3333-4444-555555555555")
            .setting("identities.gcp", to: "analytics-prod")
            .decoded()
        #expect(decoded.findings == [])
        let names = try #require(decoded.configuration?.topology.identities.names)
        #expect(
            names == [
                .aws: "arn:aws:iam::123456789012:root",
                .azure: "11111111-2222-3333-4444-555555555555", .gcp: "analytics-prod",
            ]
        )
    }

    @Test("One account is meant: not any, and none of another form")
    func faults() {
        let decoded =
            SampleTree.public
            .setting("identities.aws", to: "*")
            .setting("identities.azure", to: "subscription")
            .setting("identities.embedded", to: "x")
            .decoded()
        #expect(
            decoded.faults.map(\.path).sorted() == [
                "identities.aws", "identities.azure", "identities.embedded",
            ]
        )
        #expect(
            decoded.faults.first?.message
                == "expected arn:aws:iam::<12 digits>:root, :role/… or :user/…, found \"*\""
        )
    }
}
