import Addresses
import CIDRTrie
import Policy
import Store
import Text
import Time

/// An entry as the API shows it.
struct EntryView: Encodable, Sendable {
    /// `nil` for entries that cannot be changed here: those of files and, in a warehouse's list, of
    /// groups.
    var entryId: String?
    /// `entries`, `mysql`, `group:office`, `file:office.cidrs`
    var list: String
    /// As it was written.
    var cidr: String
    var block: String
    var action: Action
    var description: String?
    var enabled: Bool
    var expired: Bool
    var expiresAt: UnixTime?
    var editor: String?
    var editedAt: UnixTime?
    /// How often it has decided on a connection; `nil` if that was not counted.
    var hits: UInt64?
    var lastHitAt: UnixTime?

    init(
        _ entry: WhitelistEntry,
        id: EntryID?,
        in name: EntryList.Name,
        at now: UnixTime,
        hits: EntryHits? = nil
    ) {
        entryId = id.map { "\(EntryReference(service: name.service, id: $0))" }
        list = name.apiText
        cidr = entry.text
        block = entry.rule.block.description
        action = entry.rule.action
        description = entry.rule.description.nonEmpty
        enabled = entry.isEnabled
        expired = entry.rule.hasExpired(at: now)
        expiresAt = entry.rule.expiry
        editor = entry.editor.nonEmpty
        editedAt = entry.editedAt
        self.hits = hits?.count
        lastHitAt = hits?.lastHit
    }
}

extension EntryList.Name {
    /// The list in the API's terms.
    var apiText: String {
        switch self {
        case .entries: "entries"
        case .service(let service): service.rawValue
        case .group(let name): "group:\(name)"
        case .file(let path): "file:\(path)"
        }
    }

    var service: ServiceProtocol? { if case .service(let service) = self { service } else { nil } }
}

/// A new entry as a client sends it.
struct NewEntry: APIBody {
    static let fields = ["cidr", "action", "description", "enabled", "expiresAt", "service"]

    var cidr: String
    var action: String?
    var description: String?
    var enabled: Bool?
    var expiresAt: String?
    /// The only service for which it counts.
    var service: String?

    func entry(by editor: String, at now: UnixTime) throws -> WhitelistEntry {
        WhitelistEntry(
            Rule(
                block: try EntryField.block(cidr),
                action: try EntryField.action(action),
                description: description ?? "",
                expiry: try EntryField.moment(expiresAt, "expiresAt")
            ),
            text: cidr,
            isEnabled: enabled ?? true,
            editor: editor,
            editedAt: now
        )
    }
}

/// A change of an entry: fields that are absent stay as they are, and `expiresAt: null` removes the
/// expiry.
struct EntryPatch: APIBody {
    static let fields = ["cidr", "action", "description", "enabled", "expiresAt"]

    var cidr: String?
    var action: String?
    var description: String?
    var enabled: Bool?
    /// `.some(nil)` to remove it.
    var expiresAt: String??

    private enum CodingKeys: CodingKey { case cidr, action, description, enabled, expiresAt }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cidr = try container.decodeIfPresent(String.self, forKey: .cidr)
        action = try container.decodeIfPresent(String.self, forKey: .action)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        enabled = try container.decodeIfPresent(Bool.self, forKey: .enabled)
        guard container.contains(.expiresAt) else { return }
        expiresAt = .some(try container.decodeIfPresent(String.self, forKey: .expiresAt))
    }

    func applied(to entry: WhitelistEntry, by editor: String, at now: UnixTime) throws
        -> WhitelistEntry
    {
        var changed = entry
        if let cidr {
            changed.rule.block = try EntryField.block(cidr)
            changed.text = cidr
        }
        if let action { changed.rule.action = try EntryField.action(action) }
        if let description { changed.rule.description = description }
        if let enabled { changed.isEnabled = enabled }
        if let expiresAt { changed.rule.expiry = try EntryField.moment(expiresAt, "expiresAt") }
        guard changed != entry else { return entry }
        (changed.editor, changed.editedAt) = (editor, now)
        return changed
    }
}

/// How fields of entries are read.
enum EntryField {
    /// An address is a block of its own.
    static func block(_ text: String, _ field: String = "cidr") throws -> CIDRBlock {
        // `try?`: what is not an address may be a block.
        if let address = try? IPAddress(parsing: text) { return CIDRBlock(address.unmapped) }
        do throws(AddressSyntaxError) {
            return try CIDRBlock(parsing: text)
        } catch {
            throw RequestError.invalid(field, "invalid CIDR \(text.quoted): \(error)")
        }
    }

    static func action(_ text: String?) throws -> Action {
        guard let text else { return .allow }
        guard let action = Action(rawValue: text) else {
            throw RequestError.invalid("action", "expected allow or deny, found \(text.quoted)")
        }
        return action
    }

    static func moment(_ text: String?, _ field: String) throws -> UnixTime? {
        guard let text else { return nil }
        let moment: UnixTime
        do throws(RFC3339Error) {
            moment = try UnixTime(rfc3339: text)
        } catch {
            throw RequestError.invalid(field, "\(error)")
        }
        return try expiry(moment, field)
    }

    /// In a rule's table, 0 stands for never.
    static func expiry(_ moment: UnixTime?, _ field: String) throws -> UnixTime? {
        guard let moment, moment.seconds <= 0 else { return moment }
        throw RequestError.invalid(field, "expected a moment after 1970-01-01T00:00:00Z")
    }

    /// Refuses an expiry that has passed: most often it is a wrong year or time zone. One that the entry
    /// has already may stay.
    ///
    /// - Parameter known: the entry until now.
    static func checkExpiry(
        of entry: WhitelistEntry,
        replacing known: WhitelistEntry? = nil,
        at now: UnixTime
    ) throws {
        guard let expiry = entry.rule.expiry, expiry <= now, expiry != known?.rule.expiry else {
            return
        }
        throw RequestError.invalid("expiresAt", "\(expiry.rfc3339) is in the past")
    }

    static func service(_ text: String?) throws -> ServiceProtocol? {
        guard let text else { return nil }
        guard let service = ServiceProtocol(rawValue: text) else {
            let words = ServiceProtocol.allCases.map(\.rawValue).joined(separator: ", ")
            throw RequestError.invalid("service", "expected one of \(words), found \(text.quoted)")
        }
        return service
    }

    static func mode(_ text: String) throws -> Whitelist.Mode {
        guard let mode = Whitelist.Mode(rawValue: text) else {
            let words = Whitelist.Mode.allCases.map(\.rawValue).joined(separator: ", ")
            throw RequestError.invalid("mode", "expected one of \(words), found \(text.quoted)")
        }
        return mode
    }
}
