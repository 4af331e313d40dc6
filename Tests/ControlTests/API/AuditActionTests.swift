import Foundation
import Testing

@testable import Control

@Suite("The actions of the audit")
struct AuditActionTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What the sources pass on as an action, with the families that complete parts of names.
    private static func recorded() throws -> Set<String> {
        var actions: Set<String> = []
        for folder in ["Sources/Store", "Sources/Control"] {
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder),
                includingPropertiesForKeys: nil
            )
            for case let file as URL in try #require(files) where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: /(?:AuditedAct\(|action:)\s*"([A-Za-z.]+)"/) {
                    actions.insert(String(match.1))
                }
                for match in text.matches(of: /\? "([a-z.]+)" : "([a-z.]+)",\s*warehouse:/) {
                    actions.formUnion([String(match.1), String(match.2)])
                }
                for match in text.matches(of: /\bact\(\s*"([a-z.]+)"/) {
                    actions.formUnion(["whitelist.\(match.1)", "group.\(match.1)"])
                }
                for match in text.matches(of: /recordLease\("([a-z]+)"/) {
                    actions.insert("whitelist.lease.\(match.1)")
                }
            }
        }
        // Those of `EndpointAction` that a person may take.
        return actions.union(["endpoint.accept", "endpoint.reject"])
    }

    @Test("The list has all that the sources record, in alphabetical order")
    func sources() throws {
        #expect(AuditActions.all == AuditActions.all.sorted())
        let recorded = try Self.recorded()
        #expect(recorded.subtracting(AuditActions.all) == [])
        #expect(Set(AuditActions.all).subtracting(recorded) == [])
    }

    @Test("docs/management-api.md names each, and no other")
    func docs() throws {
        let path = Self.root.appending(path: "docs/management-api.md")
        let docs = try String(contentsOf: path, encoding: .utf8)
        let named = docs.matches(of: /^ +\| `[A-Za-z]+` \| (`.*`) \|$/.anchorsMatchLineEndings())
            .flatMap { $0.1.matches(of: /`([A-Za-z.]+)`/).map { String($0.1) } }
        #expect(named == AuditActions.all)
    }

    @Test("An action is known by its name or by its beginning; others get advice")
    func advice() {
        for filter in ["", "whitelist", "whitelist.", "whitelist.entry", "key.create"] {
            #expect(AuditActions.isKnown(filter), "\(filter)")
        }
        #expect(!AuditActions.isKnown("whitelist.entry.added"))
        #expect(AuditActions.advice(for: "key.craete") == "did you mean key.create?")
        #expect(AuditActions.advice(for: "whitelists") == "did you mean whitelist?")
        #expect(AuditActions.advice(for: "key.somethingelse").contains("key.change, key.create"))
        #expect(AuditActions.advice(for: "zzz").contains("configuration, endpoint"))
    }
}
