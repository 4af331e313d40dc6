import Foundation
import HTTPTypes
import Logging
import Settings
import Store
import Testing
import Text

@testable import Control

@Suite("The API's description")
struct APIDocumentTests {
    /// A call, and what it needs.
    private struct Call: Hashable, CustomStringConvertible {
        let method: String
        let path: String
        let permission: Permission?
        /// Without a key, nothing is scoped.
        let scope: APIRouter.Scope?

        var description: String {
            "\(method) \(path) (\(permission.map { "\($0)" } ?? "no key"),"
                + " \(scope.map(\.word) ?? "-"))"
        }
    }

    private static let routes: Set<Call> = {
        let table = RouteTable()
        let gateway = FixedGateway()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let writer = PolicyWriter(
            .configuration(.program),
            configured: gateway.policy,
            topology: Topology(warehouses: []),
            logger: logger
        )
        _ = ManagementRoutes(gateway: gateway, writer: writer, access: .localSocket).router(
            answers: LargeAnswers(room: ConnectionRoom(limit: 1)),
            table: table
        )
        return Set(
            // Pages are no calls.
            table.routes.filter { !$0.path.hasPrefix("/console") }.map { route in
                Call(
                    method: route.method.rawValue,
                    path: route.path,
                    permission: route.permission,
                    scope: route.scope
                )
            }
        )
    }()

    private static let described = Set(
        APIDocument.operations.map { operation in
            Call(
                method: operation.method.rawValue,
                path: operation.path,
                permission: operation.permission,
                scope: operation.permission == nil ? nil : operation.scope
            )
        }
    )

    @Test("Every route is described, with what it needs")
    func everyRouteIsDescribed() {
        #expect(Self.routes.subtracting(Self.described) == [])
    }

    @Test("Every description is of a route")
    func everyDescriptionIsOfARoute() {
        #expect(Self.described.subtracting(Self.routes) == [])
        #expect(APIDocument.operations.count == Self.described.count)
    }

    @Test("Each call has a name of its own, for generated clients")
    func names() {
        let names = APIDocument.operations.map(\.id)
        #expect(Set(names).count == names.count)
    }

    @Test("Every parameter of a path is described")
    func pathParameters() {
        for operation in APIDocument.operations {
            for name in operation.pathParameters {
                #expect(APIDocument.pathParameters[name] != nil, "\(operation.path)")
            }
        }
    }

    @Test("The document is JSON, and all that it refers to is in it")
    func references() throws {
        let document = try JSONValue(parsing: Array(APIDocument.text.utf8))
        #expect(document == APIDocument.json)
        let schemas = try #require(document["components"]?["schemas"])
        let references = Self.references(in: document)
        #expect(references.count > 20)
        for reference in references {
            let name = reference.split(separator: "/").last.map { String($0) } ?? ""
            #expect(schemas[name] != nil, "\(reference)")
        }
    }

    private static func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .array(let values):
            return values.reduce(into: []) { $0.formUnion(references(in: $1)) }
        case .object(let members):
            let inner = members.values.reduce(into: Set<String>()) {
                $0.formUnion(references(in: $1))
            }
            return inner.union(members["$ref"]?.string.map { [$0] } ?? [])
        default: return []
        }
    }

    @Test("docs/management-api.md names every code of an error")
    func codes() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "docs/management-api.md")
        let docs = try String(contentsOf: path, encoding: .utf8)
        for code in Set(APIDocument.operations.flatMap(\.allErrors).map(\.code)).sorted() {
            #expect(docs.contains("`\(code)`"), "\(code)")
        }
    }

    @Test("A body's example has all its fields, and unknown fields are rejected")
    func bodies() {
        for operation in APIDocument.operations {
            let schema: Schema
            switch operation.body {
            case .none: continue
            case .json(let body), .list(let body), .optional(let body): schema = body
            }
            var components: [String: JSONValue] = [:]
            var json = schema.json(&components)
            if let name = json["$ref"]?.string?.split(separator: "/").last {
                json = components[String(name)] ?? .null
            }
            #expect(json["additionalProperties"] == false, "\(operation.id)")
            guard case .object(let fields)? = json["properties"],
                case .object(let example) = schema.example
            else {
                Issue.record("\(operation.id) has a body that is not an object")
                continue
            }
            #expect(Set(fields.keys) == Set(example.keys), "\(operation.id)")
        }
    }
}

@Suite("Schemas of the API's description")
struct SchemaTests {
    private func json(_ schema: Schema) -> JSONValue {
        var components: [String: JSONValue] = [:]
        return schema.json(&components)
    }

    @Test("A field with a question mark may be absent")
    func optionalFields() {
        let schema = json(.object(["a": .value([:]), "b?": .value([:])]))
        #expect(schema["required"] == ["a"])
        #expect(schema["properties"]?["b"] == [:])
        #expect(schema["additionalProperties"] == nil)
    }

    @Test("In a body, null is as good as absent, and unknown fields are rejected")
    func bodies() {
        let schema = json(.body(["a": .value([:]), "b?": .value(["type": "string"])]))
        #expect(schema["properties"]?["a"] == [:])
        #expect(
            schema["properties"]?["b"] == ["anyOf": [["type": "string"], ["type": "null"]]]
        )
        #expect(schema["additionalProperties"] == false)
    }

    @Test("A schema with a name is written once, and referred to")
    func names() {
        var components: [String: JSONValue] = [:]
        let schema = Schema.list(of: .named("Thing", .object(["a": .value([:])])))
        let json = schema.json(&components)
        #expect(json["items"] == ["$ref": "#/components/schemas/Thing"])
        #expect(components.keys.sorted() == ["Thing"])
    }
}
