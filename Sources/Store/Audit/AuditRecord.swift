import Credentials
import FoundationEssentials
package import Text
package import Time

/// Who acts.
package struct AuditActor: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
        /// Somebody with an API key.
        case key
        /// A person with an account.
        case account
        /// A user of the gateway's own machine, over the local socket or with the store's file.
        case local
        /// The gateway itself.
        case system
    }

    package var kind: Kind
    /// The key's or the account's id; a local user's number.
    package var id: String?
    /// The key's or the account's name; a local user's.
    package var name: String
    /// Where the request came from.
    package var address: String?

    package init(kind: Kind, id: String? = nil, name: String, address: String? = nil) {
        self.kind = kind
        self.id = id
        self.name = name
        self.address = address
    }

    /// The gateway itself.
    package static let gateway = AuditActor(kind: .system, name: "sluice")
}

/// One act, as it stays in the audit.
package struct AuditRecord: Hashable, Sendable, Codable {
    /// Consecutive, from 1.
    package var number: Int64
    package var at: UnixTime
    package var actor: AuditActor
    /// `whitelist.entry.add`
    package var action: String
    package var warehouse: String?
    /// What was acted upon: an entry's id, an endpoint.
    package var target: String?
    /// Of the target, as JSON values.
    package var before: JSONValue?
    package var after: JSONValue?
    /// What a reader should know beyond that.
    package var note: String?
    /// Of the API; `nil` for acts of the gateway itself.
    package var requestId: String?
}

/// An act that is about to be recorded.
package struct AuditedAct: Hashable, Sendable {
    package var action: String
    package var warehouse: String?
    package var target: String?
    package var before: JSONValue?
    package var after: JSONValue?
    package var note: String?

    package init(
        _ action: String,
        warehouse: String? = nil,
        target: String? = nil,
        before: JSONValue? = nil,
        after: JSONValue? = nil,
        note: String? = nil
    ) {
        self.action = action
        self.warehouse = warehouse
        self.target = target
        self.before = before
        self.after = after
        self.note = note
    }
}

/// A record in its place in the chain.
package struct ChainedRecord: Hashable, Sendable {
    package var record: AuditRecord
    /// The record's JSON, byte for byte as it was hashed.
    package var document: String
    /// SHA-256 over the previous record's hash and this one's document, in hexadecimal digits.
    package var hash: String

    init(_ record: AuditRecord, after previous: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        document = String(decoding: try encoder.encode(record), as: UTF8.self)
        self.record = record
        hash = Self.hash(of: document, after: previous)
    }

    init(document: String, hash: String) throws {
        record = try JSONDecoder().decode(AuditRecord.self, from: Data(document.utf8))
        self.document = document
        self.hash = hash
    }

    /// The hash before the first record.
    static let origin = String(repeating: "0", count: 64)

    static func hash(of document: String, after previous: String) -> String {
        Digest.sha256((previous + "\n" + document).utf8).hexadecimal
    }
}

/// Whether the chain is whole.
package struct AuditVerification: Hashable, Sendable, Codable {
    package var count: Int64
    /// The hash of the last record.
    package var head: String
    /// The number of the first record that is not what was written, or not where it was.
    package var firstInvalid: Int64?

    package var valid: Bool { firstInvalid == nil }
}

/// Which records are wanted.
package struct AuditFilter: Hashable, Sendable {
    package var warehouse: String?
    /// A part of the actor's name, or its id.
    package var actor: String?
    /// The action, or what it starts with.
    package var action: String?
    package var since: UnixTime?
    package var until: UnixTime?

    package init() {}
}
