import Addresses
import CIDRTrie
import Checksums
import Foundation
import Policy
import Synchronization
import Testing
import Time

@testable import Control
@testable import Operations

@Suite("The last active policy")
struct LastPolicyTests {
    private let status = PolicyStatus(
        source: "a test",
        revision: PolicyRevision(7),
        since: UnixTime(seconds: 1)
    )

    private func policy() throws -> Policy {
        let office = WhitelistEntry(
            Rule(block: try CIDRBlock(parsing: "203.0.113.7/32"), description: "office"),
            text: "203.0.113.7",
            isEnabled: false,
            editor: "alice",
            editedAt: UnixTime(seconds: 5)
        )
        let entries = EntryList(.entries, [office])
        let file = EntryList(
            .file("a.cidrs"),
            rules: [Rule(block: try CIDRBlock(parsing: "2001:db8::/32"), action: .deny)]
        )
        let endpoint = Endpoint(id: "vpce-1", cloud: .aws, state: .available)
        let service = EndpointService(id: "s", cloud: .azure, region: "westeurope")
        return Policy([
            "A": WarehousePolicy(
                whitelist: Whitelist(mode: .specific, lists: [entries, file]),
                endpointServices: [service],
                endpoints: [endpoint]
            ),
            "B": WarehousePolicy(whitelist: Whitelist(mode: .anywhere)),
        ])
    }

    private func saved(_ policy: Policy, in folder: String) -> LastPolicy {
        let last = LastPolicy(folder: folder) { Issue.record("\($0 ?? "saved again")") }
        last.save(policy, status)
        last.flush()
        return last
    }

    @Test("The policy that is read is the one that was saved")
    func read() throws {
        let folder = try TemporaryFolder()
        let policy = try policy()
        let read = try saved(policy, in: folder.path(of: "last")).read()
        #expect(read.policy == policy)
        #expect(read.status.revision == PolicyRevision(7))
        #expect(read.status.isRestored)
    }

    @Test("Lists of all kinds are saved, and a group stays one list that warehouses share")
    func allKinds() throws {
        let folder = try TemporaryFolder()
        var policy = try policy()
        let group = EntryList(
            .group("offices"),
            rules: [Rule(block: try CIDRBlock(parsing: "198.51.100.0/24"))]
        )
        for id in ["A", "B"] { policy.warehouses[id]?.whitelist.lists.append(group) }
        let entry = WhitelistEntry(Rule(block: try CIDRBlock(parsing: "10.0.0.0/8")))
        for service in ServiceProtocol.allCases {
            try policy.apply([.edit([.add(entry)], in: .service(service), of: "A")])
        }
        policy.warehouses["A"]?.endpoints[0].dnsName = "reporting.example.com"
        policy.warehouses["A"]?.endpointServices[0].createdAt = UnixTime(seconds: 5)
        let path = folder.path(of: "last")
        let read = try saved(policy, in: path).read().policy
        #expect(read == policy)
        #expect(read["A"].whitelist.lists.last === read["B"].whitelist.lists.last)
        // The manifest, six lists and the lock.
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).count == 8)
    }

    @Test("A policy that was saved in format 1 is read")
    func format1() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "last")
        let last = saved(try policy(), in: path)
        let url = URL(fileURLWithPath: "\(path)/policy.json")
        let text = try Data(contentsOf: url)
        let end = try #require(text.firstIndex(of: UInt8(ascii: "\n")))
        let whole = try JSONSerialization.jsonObject(with: text[(end + 1)...])
        var manifest = try #require(Self.withoutNewKeys(whole) as? [String: Any])
        #expect(manifest["format"] as? Int == 2)
        manifest["format"] = 1
        let json = [UInt8](try JSONSerialization.data(withJSONObject: manifest))
        var checksum = CRC32C()
        checksum.update(json.span)
        try Data(Array("\(checksum.value)\n".utf8) + json).write(to: url)
        #expect(try last.read().policy == policy())
    }

    /// Without the keys that format 1 does not have.
    private static func withoutNewKeys(_ value: Any) -> Any {
        let new = ["dnsName", "service", "name", "alias", "zones", "providerAccountId"]
        switch value {
        case let values as [Any]: return values.map(withoutNewKeys)
        case let values as [String: Any]:
            let isService = values["region"] != nil
            return values.filter { key, _ in
                !new.contains(key) && (key != "description" || !isService)
            }.mapValues(withoutNewKeys)
        default: return value
        }
    }

    @Test("An edit of one list writes that list, and removes what is no longer used")
    func incremental() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "last")
        var policy = try policy()
        let last = saved(policy, in: path)
        let before = try Set(FileManager.default.contentsOfDirectory(atPath: path))
        let entry = WhitelistEntry(Rule(block: try CIDRBlock(parsing: "10.0.0.0/8")))
        try policy.apply([.edit([.add(entry)], in: .entries, of: "A")])
        last.save(policy, status)
        last.flush()
        let after = try Set(FileManager.default.contentsOfDirectory(atPath: path))
        // The manifest, two lists and the lock.
        #expect(before.count == 4 && after.count == 4)
        #expect(before.intersection(after).count == 3)
        #expect(try last.read().policy == policy)
    }

    @Test("A damaged file is not used, wherever the damage is, and is reported")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "last")
        let last = saved(try policy(), in: path)
        for file in try FileManager.default.contentsOfDirectory(atPath: path)
        where file != "lock" {
            let url = URL(fileURLWithPath: "\(path)/\(file)")
            let whole = try Data(contentsOf: url)
            for position in stride(from: 0, to: whole.count, by: 7) {
                var bytes = whole
                bytes[position] ^= 0x20
                try bytes.write(to: url)
                let error = #expect(throws: LastPolicy.ReadError.self) { try last.read() }
                #expect(error?.description.contains(file) == true)
            }
            for count in [0, 1, whole.count - 1] {
                try whole.prefix(count).write(to: url)
                #expect(throws: LastPolicy.ReadError.self) { try last.read() }
            }
            try whole.write(to: url)
        }
        #expect(try last.read().policy == policy())
    }

    @Test("A folder without a policy is an error, and one that cannot be created is reported once")
    func missing() throws {
        let folder = try TemporaryFolder()
        let none = LastPolicy(folder: folder.path(of: "none"))
        let error = #expect(throws: LastPolicy.ReadError.self) { try none.read() }
        #expect(error?.description == "no policy was saved")
        try folder.write(Data(), to: "file")
        let failures = Mutex<[String?]>([])
        let impossible = LastPolicy(folder: folder.path(of: "file/last")) { failure in
            failures.withLock { $0.append(failure) }
        }
        for _ in 0..<2 {
            impossible.save(try policy(), status)
            impossible.flush()
        }
        #expect(failures.withLock { $0.count } == 1)
        try FileManager.default.removeItem(atPath: folder.path(of: "file"))
        try FileManager.default.createDirectory(
            atPath: folder.path(of: "file"),
            withIntermediateDirectories: false
        )
        // What could not be saved is tried again.
        impossible.flush()
        #expect(failures.withLock { $0.count == 2 && $0.last == .some(nil) })
        #expect(try impossible.read().policy == policy())
    }

    @Test("Two gateways cannot save to the same folder at the same time")
    func shared() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "policy")
        let first = saved(try policy(), in: path)
        let failures = Mutex<[String?]>([])
        let second = LastPolicy(folder: path) { failure in failures.withLock { $0.append(failure) }
        }
        second.save(Policy(), status)
        second.flush()
        #expect(failures.withLock { $0.first??.contains("in use by another gateway") } == true)
        #expect(try second.read().policy == policy())
        first.close()
        // A program that another test starts has the lock, too, until it runs (fork(2)).
        for _ in 0..<500 where failures.withLock({ $0.last }) != .some(nil) {
            second.flush()
            Thread.sleep(forTimeInterval: 0.01)
        }
        #expect(failures.withLock { $0.last } == .some(nil))
        #expect(try second.read().policy == Policy())
    }
}
