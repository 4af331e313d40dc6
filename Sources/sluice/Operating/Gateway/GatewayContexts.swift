import Control
import FoundationEssentials
import Sockets
import Text

/// A gateway that the user has given a name.
struct GatewayContext: Codable, Hashable {
    var name: String
    /// `host:port`; either this or ``socket``.
    var management: String?
    /// The path of a local socket.
    var socket: String?
    var key: String?
    /// The path of a file that holds the key.
    var keyFile: String?
    /// Instead of a key.
    var login: GatewayLogin?
    /// Of the certificate by which the gateway is recognized: `SHA256:…`.
    var fingerprint: String?
    /// The path of a file of authorities, instead of ``fingerprint``.
    var ca: String?

    /// By which certificates the gateway is recognized; `nil` for any that the system trusts.
    func trust() throws(CommandFailure) -> ManagementTrust? {
        guard let fingerprint else { return ca.map { .authorities(file: $0) } }
        guard let pinned = CertificateFingerprint(parsing: fingerprint) else {
            throw CommandFailure(
                "context \(name): invalid fingerprint \(fingerprint.quoted)"
                    + " (pin it again: sluice context trust \(name.shellQuoted))"
            )
        }
        return .pinned(pinned)
    }

    /// Its name and its gateway.
    var words: String { "\(name) (\(management ?? socket ?? "-"))" }

    func address() throws(CommandFailure) -> ManagementAddress {
        do throws(ManagementAddressError) {
            return try ManagementAddress(parsing: management ?? "")
        } catch {
            throw CommandFailure("context \(name): \(error)")
        }
    }

    /// The login's token, the key itself, or the first word of its file.
    func readKey() throws(CommandFailure) -> String? {
        if let login { return login.token }
        guard let keyFile else { return key }
        return try KeyFile(path: keyFile).read(for: "context \(name)")
    }
}

/// A login of `sluice login`.
struct GatewayLogin: Codable, Hashable {
    /// The account's name.
    var account: String
    var token: String
    /// Of the login at the gateway; `nil` if an earlier version has stored it.
    var id: String?

    /// What to do about a login that could not be ended, and whose token is lost.
    func warning(of address: ManagementAddress, _ reason: any Error) -> String {
        "the login of \(account) at \(address.text) could not be ended: \(reason); it ends by itself,"
            + " or by sluice account end-logins"
            + " \(id.map { "\($0) --own, after another sluice login" } ?? account.shellQuoted)"
    }
}

/// All contexts of a user, as they are stored.
struct GatewayContexts: Codable, Hashable {
    /// The name of the one that is used by default.
    var current: String?
    /// By name.
    var contexts: [GatewayContext] = []

    var currentContext: GatewayContext? { contexts.first { $0.name == current } }

    func context(_ name: String) throws(CommandFailure) -> GatewayContext {
        guard let context = contexts.first(where: { $0.name == name }) else {
            let meant = Suggestion.closest(to: name, among: contexts.map(\.name))
            throw CommandFailure(
                "unknown context \(name.quoted)"
                    + (meant.map { " (did you mean \($0)?)" } ?? " (see sluice context list)"),
                code: GatewayExit.usage
            )
        }
        return context
    }

    /// The one that a login at an address belongs to: without a key.
    func context(at address: ManagementAddress) -> GatewayContext? {
        contexts.first {
            // `try?`: what is not an address is not this one.
            (try? $0.address())?.url == address.url && $0.key == nil && $0.keyFile == nil
        }
    }

    func checkIsFree(_ name: String) throws(CommandFailure) {
        guard !contexts.contains(where: { $0.name == name }) else {
            throw CommandFailure(
                "duplicate context \(name.quoted) (to replace its key: sluice context set-key"
                    + " \(name.shellQuoted); for anything else, remove it first: sluice context remove"
                    + " \(name.shellQuoted))",
                code: GatewayExit.usage
            )
        }
    }

    /// The first one becomes the current one.
    mutating func add(_ context: GatewayContext) throws(CommandFailure) {
        try checkIsFree(context.name)
        contexts.append(context)
        contexts.sort { $0.name < $1.name }
        if contexts.count == 1 { current = context.name }
    }

    /// Puts a context in the place of the one of the same name.
    mutating func replace(_ context: GatewayContext) {
        for index in contexts.indices where contexts[index].name == context.name {
            contexts[index] = context
        }
    }

    /// Gives a context a login, or takes it away. A context that does not exist is added. Without a
    /// current one, the context of a login becomes that.
    mutating func setLogin(_ login: GatewayLogin?, of context: GatewayContext)
        throws(CommandFailure)
    {
        var context = context
        context.login = login
        // Also after the current one was removed.
        defer { if login != nil, currentContext == nil { current = context.name } }
        guard let index = contexts.firstIndex(where: { $0.name == context.name }) else {
            return try add(context)
        }
        contexts[index] = context
    }

    mutating func use(_ name: String) throws(CommandFailure) {
        current = try context(name).name
    }

    mutating func remove(_ name: String) throws(CommandFailure) {
        let removed = try context(name)
        contexts.removeAll { $0.name == removed.name }
        if current == name { current = nil }
    }
}

/// The file of a user's contexts, which may hold keys: only its owner can read it.
struct ContextFile {
    let path: String

    /// `~/.config/sluice/contexts.json`, or below `XDG_CONFIG_HOME`.
    init(environment: [String: String]) {
        let home = environment["HOME"] ?? "."
        // A relative path is to be ignored (XDG Base Directory Specification).
        let configured = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        path = "\(configured ?? "\(home)/.config")/sluice/contexts.json"
    }

    init(path: String) {
        self.path = path
    }

    /// None if there is no file.
    func read() throws(CommandFailure) -> GatewayContexts {
        guard FileManager.default.fileExists(atPath: path) else { return GatewayContexts() }
        // `try?`: what cannot be looked at cannot be read either.
        if let exposure = (try? FileStatus(following: path))?.exposure(of: path) {
            throw CommandFailure(exposure, code: GatewayExit.configuration)
        }
        let text = try InputText(path).read(limit: 1 << 20)
        // `try?`: what matters is that it is not a file of ours.
        guard
            let contexts = try? JSONDecoder().decode(GatewayContexts.self, from: Data(text.utf8))
        else { throw CommandFailure("\(path) is not a list of contexts (correct or delete it)") }
        return contexts
    }

    func write(_ contexts: GatewayContexts) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let draft = try FileDraft(path)
        try draft.write(Array(try encoder.encode(contexts)) + [UInt8(ascii: "\n")])
        try draft.commit()
    }
}
