import Addresses
import Credentials
import Foundation
import Testing
import Time

@testable import Store

@Suite("Keys of the API")
struct KeyTests {
    private let place: TestStore
    private let store: PolicyStore
    private let office: IPAddress

    init() throws {
        place = try TestStore()
        store = try place.open()
        office = try IPAddress(parsing: "203.0.113.7")
        try store.write { try $0.importNew(from: .pair) }
    }

    private func make(_ description: KeyDescription) throws -> (key: APIKey, secret: SecretToken) {
        try store.write { try $0.createKey(description) }.value
    }

    private func refusal(_ secret: String, from source: IPAddress? = nil, at now: UnixTime? = nil)
        -> Keyring.Refusal?
    {
        do throws(Keyring.Refusal) {
            _ = try store.keyring.key(for: secret, from: source, at: now ?? TestStore.now)
            return nil
        } catch {
            return error
        }
    }

    @Test("A secret is accepted as it was made, and any other is not")
    func secrets() throws {
        let (key, secret) = try make(.init(name: "a", role: .operate, warehouses: ["W1"]))
        let found = try store.keyring.key(for: secret.text, from: office, at: TestStore.now)
        #expect(found == key && key.allows(warehouse: "W1") && !key.allows(warehouse: "W2"))
        #expect(secret.text.utf8.count == 46 && secret.text.hasPrefix("sk-"))
        for other in [
            "", "sk-", secret.text + "a", String(secret.text.dropLast()), secret.text.lowercased(),
            " " + secret.text, key.id, key.maskedSecret, String(repeating: "a", count: 10_000),
        ] {
            #expect(refusal(other) == .unknown, "\(other.count) bytes")
        }
    }

    @Test("No two secrets and no two ids are the same")
    func unique() throws {
        let made = try (0..<50).map { try make(.init(name: "key \($0)", role: .read)) }
        #expect(Set(made.map(\.secret.text)).count == 50 && Set(made.map(\.key.id)).count == 50)
    }

    @Test("A disabled, expired or removed key is refused from that moment on")
    func endings() throws {
        let expiry = UnixTime(seconds: TestStore.now.seconds + 10)
        let (key, secret) = try make(.init(name: "a", role: .read, expiresAt: expiry))
        #expect(refusal(secret.text) == nil)
        #expect(refusal(secret.text, at: UnixTime(seconds: expiry.seconds - 1)) == nil)
        #expect(refusal(secret.text, at: expiry) == .expired(key))
        let disabled = try store.write { try $0.changeKey(key.id) { $0.isEnabled = false } }.value
        #expect(refusal(secret.text) == .disabled(disabled))
        try store.write { try $0.removeKey(key.id) }
        #expect(refusal(secret.text) == .unknown)
        store.release()
        #expect(try place.open(.open).keyring.keys.isEmpty)
    }

    @Test("A key is refused from elsewhere than its allowed sources, and from an unknown source")
    func sources() throws {
        let block = try CIDRBlock(parsing: "203.0.113.0/24")
        let (key, secret) = try make(.init(name: "a", role: .read, allowedSources: [block]))
        #expect(refusal(secret.text, from: office) == nil)
        #expect(refusal(secret.text, from: try IPAddress(parsing: "::ffff:203.0.113.7")) == nil)
        #expect(refusal(secret.text, from: try IPAddress(parsing: "203.0.114.7")) == .source(key))
        #expect(refusal(secret.text, from: nil) == .source(key))
    }

    @Test("A secret is not in any file of the store, and in nothing that is printed")
    func hidden() throws {
        let (key, secret) = try make(.init(name: "a", role: .administer))
        let body = secret.text.dropFirst(3)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(Wrapper(secret: secret), to: &dumped)
        let printed = [
            "\(secret)", String(reflecting: secret), dumped, "\(Wrapper(secret: secret))",
            "\(Mirror(reflecting: secret).children.map(\.value))", "\(key)",
        ]
        for text in printed { #expect(!text.contains(body)) }
        #expect(key.maskedSecret == "sk-\(body.prefix(1))****\(body.suffix(4))")
        store.release()
        try store.backUp(to: place.path + ".backup")
        let folder = place.folder.path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count >= 5)
        for name in names {
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
            for length in [body.count, 12] {
                #expect(bytes.range(of: Data(body.prefix(length).utf8)) == nil, "\(name)")
            }
        }
    }

    @Test("The time and the source of a key's last use are kept")
    func uses() throws {
        let key = try make(.init(name: "a", role: .read)).key
        store.recordUse(of: key, from: "203.0.113.7", at: TestStore.now)
        #expect(try store.keyUses()[key.id]?.source == "203.0.113.7")
        store.flushUses()
        store.recordUse(of: key, from: "203.0.113.8", at: TestStore.now)
        store.release()
        #expect(try place.open(.open).keyUses()[key.id]?.source == "203.0.113.8")
    }
}

private struct Wrapper {
    var secret: SecretToken
}
