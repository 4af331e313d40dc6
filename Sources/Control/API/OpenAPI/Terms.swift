import CIDRTrie
import Operations
import Policy
import Settings
import Store

/// The terms in which the whole API speaks.
extension Schema {
    static let warehouseID = Schema.example("AWVA7CM7")
    /// Formats of our own, as JSON Schema permits.
    static let cidr = Schema.text(format: "cidr", example: "203.0.113.0/24")
    static let address = Schema.text(format: "ip-address", example: "203.0.113.7")
    /// Of an address and a port.
    static let socketAddress = Schema.example("203.0.113.7:51234")
    static let groupName = Schema.text(matching: "^[A-Za-z0-9_-]{1,64}$", example: "office")
    static let entryID = Schema.text(
        matching: "^((mysql|http|tcp)-)?(0|[1-9][0-9]{0,9})$",
        example: "12"
    )
    static let keyID = Schema.text(matching: "^[a-z0-9]{1,32}$", example: "k7q2m9x4ab")
    static let description = Schema.text(0...EntryLimits.description, example: "Office Berlin")
    static let service = Schema.word(ServiceProtocol.self)
    static let action = Schema.word(Action.self)
    static let mode = Schema.word(Whitelist.Mode.self)
    static let cloud = Schema.word(Cloud.self)
    static let link = Schema.word(LinkKind.self)
    static let role = Schema.word(Role.self)
    static let texts = Schema.list(of: .text)
    static let warehouseIDs = Schema.list(of: .warehouseID)

    /// What follows from a write.
    static let effect = Schema.named(
        "Effect",
        .object([
            "version": .count, "dryRun": .boolean, "warnings": .texts,
            "needsConfirmation": .texts, "closesSessions": .count,
            "sessions?": .list(.object(["session": .session, "reason": .text]), maxCount: 100),
        ])
    )

    /// What a write answers with: the members and their effect.
    static func changed(_ members: Fields) -> Schema {
        .object(members).adding(["effect": .effect])
    }

    static let endpointName = Schema.named(
        "EndpointName",
        .object(["cloud": .cloud, "id": .example("vpce-0123456789abcdef0")])
    )

    static let lineError = Schema.named(
        "LineError",
        .object(["line": .integer(1...), "text": .text, "message": .text])
    )
}
