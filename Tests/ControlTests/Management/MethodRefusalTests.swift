import HTTPTypes
import Testing

@testable import Control

@Suite("Rejecting by method")
struct MethodRefusalTests {
    @Test("Reading is never rejected", arguments: ["/", "/v1", "/v1/x", ""])
    func reading(path: String) {
        #expect(MethodRefusal(.get, path: path) == nil)
        #expect(MethodRefusal(.head, path: path) == nil)
    }

    @Test("The API is /v1 and below, not paths that only look like it")
    func api() {
        for path in ["/v1", "/v1/", "/v1/a/b"] {
            #expect(MethodRefusal(.patch, path: path) == .policyIsFile)
            #expect(MethodRefusal(.options, path: path) == .methodNotAllowed)
        }
        for path in ["/", "/v1x", "/v10/a", "v1/a", "//v1/a", ""] {
            #expect(MethodRefusal(.patch, path: path) == .methodNotAllowed)
        }
    }
}
