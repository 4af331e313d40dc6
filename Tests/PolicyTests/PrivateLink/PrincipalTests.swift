import Policy
import Testing

@Suite("Who may request an endpoint")
struct PrincipalTests {
    private func service(_ allowed: [String], _ acceptance: EndpointService.Acceptance = .manual)
        -> EndpointService
    {
        EndpointService(
            id: "vpce-svc-1",
            cloud: .aws,
            region: "us-east-1",
            acceptance: acceptance,
            allowedPrincipals: allowed
        )
    }

    private let role = "arn:aws:iam::123456789012:role/etl"

    @Test("No principal, unless listed")
    func nobody() {
        #expect(!service([]).allows(principal: role))
        #expect(service([role]).allows(principal: role))
        #expect(!service([role]).allows(principal: role + "x"))
        #expect(!service([role]).allows(principal: role.uppercased()))
    }

    @Test("An account's root names all of its users and roles, and no other account's")
    func root() {
        let service = service(["arn:aws:iam::123456789012:root"])
        #expect(service.allows(principal: role))
        #expect(service.allows(principal: "arn:aws:iam::123456789012:user/a"))
        #expect(!service.allows(principal: "arn:aws:iam::123456789013:role/etl"))
        #expect(!service.allows(principal: "arn:aws:iam::1234567890123:role/etl"))
    }

    @Test("A star stands for any characters, also for none")
    func star() {
        #expect(service(["*"]).allows(principal: role))
        #expect(service(["arn:aws:iam::123456789012:role/*"]).allows(principal: role))
        #expect(service(["arn:aws:iam::*:role/e*l"]).allows(principal: role))
        #expect(service(["arn:aws:iam::*:role/etl*"]).allows(principal: role))
        #expect(!service(["arn:aws:iam::*:user/*"]).allows(principal: role))
        #expect(!service(["arn:aws:iam::*:role/e*x"]).allows(principal: role))
    }

    @Test("Many stars do not make a pattern slow")
    func manyStars() {
        let pattern = "arn:" + String(repeating: "a*", count: 200) + "b"
        let principal = "arn:" + String(repeating: "a", count: 2_000)
        #expect(!service([pattern]).allows(principal: principal))
    }

    @Test("A subscription's letters may be written in either case")
    func subscription() {
        let id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
        #expect(service([id]).allows(principal: id.uppercased()))
    }

    @Test(
        "An endpoint's initial state follows the service's acceptance: automatic, manual, or none"
    )
    func initialState() {
        #expect(service([role], .automatic).initialState(for: role) == .available)
        #expect(service([role], .manual).initialState(for: role) == .pendingAcceptance)
        #expect(service([], .automatic).initialState(for: role) == nil)
    }
}
