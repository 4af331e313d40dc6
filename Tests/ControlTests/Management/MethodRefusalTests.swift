import HTTPTypes
import Testing

@testable import Control

@Suite("Refusing by the method")
struct MethodRefusalTests {
    @Test("Reading is never refused", arguments: ["/", "/v1", "/v1/x", ""])
    func reading(path: String) {
        #expect(MethodRefusal(.get, path: path) == nil)
        #expect(MethodRefusal(.head, path: path) == nil)
    }

    @Test("The API begins at /v1 and below, not at what only looks like it")
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
