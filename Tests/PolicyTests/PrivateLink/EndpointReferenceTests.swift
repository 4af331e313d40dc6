import Policy
import Testing

@Suite("Endpoints as users write them")
struct EndpointReferenceTests {
    private let known = [
        EndpointName(.azure, "99"), EndpointName(.gcp, "99"), EndpointName(.aws, "vpce-1"),
        EndpointName(.aws, "vpce-1"),
    ]

    private func resolved(_ text: String) throws -> EndpointName {
        try EndpointReference(parsing: text).resolved(among: known)
    }

    @Test("The printed form can be parsed", arguments: Cloud.allCases)
    func roundTrip(cloud: Cloud) throws {
        let name = EndpointName(cloud, "x-1")
        #expect(try resolved(name.description) == name)
        #expect(EndpointReference(name).description == name.description)
    }

    @Test("An id alone is enough if only one cloud has it")
    func bare() throws {
        #expect(try resolved("vpce-1") == known[2])
        #expect(throws: EndpointReferenceError.ambiguous([known[0], known[1]])) {
            try resolved("99")
        }
        #expect(throws: EndpointReferenceError.unknownID("7")) { try resolved("7") }
        #expect(try resolved("gcp:99") == known[1])
        #expect(try resolved("gcp:7") == EndpointName(.gcp, "7"))
    }

    @Test(
        "An id refers to the warehouse's own endpoint if possible, otherwise to another warehouse's"
    )
    func own() throws {
        let reference = try EndpointReference(parsing: "99")
        #expect(try reference.resolved(amongOwn: [known[1]], orAll: known) == known[1])
        let other = try EndpointReference(parsing: "vpce-1")
        #expect(try other.resolved(amongOwn: [known[1]], orAll: known) == known[2])
    }

    @Test("Without an id, or with an unknown cloud, it is invalid")
    func invalid() {
        #expect(throws: EndpointReferenceError.missingID) { try resolved("") }
        #expect(throws: EndpointReferenceError.missingID) { try resolved("aws:") }
        let error = #expect(throws: EndpointReferenceError.self) { try resolved("amazon:vpce-1") }
        #expect(error?.description.contains("aws, azure, gcp") == true)
    }

    @Test("A reference without a cloud matches the id of any")
    func matches() throws {
        let (bare, whole) = (
            try EndpointReference(parsing: "99"), try EndpointReference(parsing: "gcp:99")
        )
        #expect(bare.matches(known[0]) && bare.matches(known[1]) && !bare.matches(known[2]))
        #expect(!whole.matches(known[0]) && whole.matches(known[1]))
    }
}
