import Checksums
import Dispatch
import FoundationEssentials
import Glibc
package import Operations
package import Policy
import Settings
import Sockets
import Synchronization
import Text
import Time

/// The policy that was in force last, in a folder: what a gateway starts with if the source of its
/// policy is not available.
///
/// Each list is a file of its own, so that an edit of one list of many writes that one; the manifest
/// `policy.json` names them with their checksums, and is replaced last. Whatever a crash leaves
/// behind, a policy that is read is one that was in force.
package final class LastPolicy: Sendable {
    /// Writes that follow each other closely are one.
    private static let settlingTime = Duration.seconds(1)
    private static let manifestName = "policy.json"
    private static let sizeLimit = 256 << 20

    private struct State {
        var latest: (policy: Policy, status: PolicyStatus)?
        var isScheduled = false
    }

    /// Lists that are in the folder; used on the queue alone.
    private struct Saved {
        var lists: [ObjectIdentifier: (list: EntryList, entry: Manifest.List)] = [:]
        /// A failure is reported once, until a save succeeds.
        var hasFailed = false
    }

    private let folder: String
    private let state = Mutex(State())
    private let saved = Mutex(Saved())
    private let queue = DispatchQueue(label: "sluice.policy.save", qos: .utility)
    private let fail: @Sendable (String) -> Void

    /// - Parameter fail: told why the policy cannot be saved. Must not block.
    package init(folder: String, fail: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        self.fail = fail
    }

    /// Saves a policy that is in force, within a moment.
    package func save(_ policy: Policy, _ status: PolicyStatus) {
        let needsTimer = state.withLock { state in
            state.latest = (policy, status)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard needsTimer else { return }
        let delay = Self.settlingTime / .seconds(1)
        queue.asyncAfter(deadline: .now() + delay) { [self] in saveLatest() }
    }

    /// Saves what has not been saved yet, and waits for it.
    package func flush() {
        queue.sync { saveLatest() }
    }

    private func saveLatest() {
        let latest = state.withLock { state in
            defer { (state.latest, state.isScheduled) = (nil, false) }
            return state.latest
        }
        guard let latest else { return }
        saved.withLock { saved in
            do {
                try write(latest.policy, latest.status, &saved)
                saved.hasFailed = false
            } catch {
                if !saved.hasFailed { fail("cannot save the active policy to \(folder): \(error)") }
                saved.hasFailed = true
            }
        }
    }
}

// MARK: - The manifest

extension LastPolicy {
    fileprivate struct Manifest: Codable {
        struct List: Codable, Hashable {
            /// The path of a list file; `nil` for the whitelist's own entries.
            var path: String?
            /// In the folder.
            var file: String
            var byteCount: Int
            var checksum: UInt32
            var notes: EntryNotes
        }

        struct Warehouse: Codable {
            var id: String
            var mode: Whitelist.Mode
            var lists: [List]
            var endpointServices: [EndpointService]
            var endpoints: [Endpoint]
        }

        var format = 1
        var source: String
        var revision: PolicyRevision
        var savedAt: UnixTime
        var warehouses: [Warehouse]
    }

    /// Why a saved policy cannot be used.
    package enum ReadError: Error, CustomStringConvertible {
        case missing
        case damaged(file: String, reason: String)

        package var description: String {
            switch self {
            case .missing: "no policy was saved"
            case .damaged(let file, let reason): "\(file) is damaged: \(reason)"
            }
        }
    }
}

// MARK: - Writing

extension LastPolicy {
    private func write(_ policy: Policy, _ status: PolicyStatus, _ saved: inout Saved) throws {
        if unsafe mkdir(folder, 0o750) != 0, errno != EEXIST { throw SystemError(code: errno) }
        var lists: [ObjectIdentifier: (list: EntryList, entry: Manifest.List)] = [:]
        var warehouses: [Manifest.Warehouse] = []
        for (id, policy) in policy.warehouses.sorted(by: { $0.key < $1.key }) {
            let entries = try policy.whitelist.lists.map { list in
                let key = ObjectIdentifier(list)
                let entry = try lists[key]?.entry ?? saved.lists[key]?.entry ?? write(list)
                lists[key] = (list, entry)
                return entry
            }
            warehouses.append(
                Manifest.Warehouse(
                    id: id,
                    mode: policy.whitelist.mode,
                    lists: entries,
                    endpointServices: policy.endpointServices,
                    endpoints: policy.endpoints
                )
            )
        }
        let manifest = Manifest(
            source: status.source,
            revision: status.revision,
            savedAt: .systemTime,
            warehouses: warehouses
        )
        let json = Array(try JSONEncoder().encode(manifest))
        let seal = Array("\(json.checksum)\n".utf8)
        try File.replace("\(folder)/\(Self.manifestName)", with: seal + json, isDurable: true)
        saved.lists = lists
        removeFiles(except: Set(lists.values.map(\.entry.file)))
    }

    private func write(_ list: EntryList) throws -> Manifest.List {
        let (image, notes) = list.saved
        let file = "\(String(UInt64.random(in: 0 ... .max), radix: 36)).list"
        try File.replace("\(folder)/\(file)", with: image, isDurable: true)
        let path: String? = if case .file(let path) = list.name { path } else { nil }
        return Manifest.List(
            path: path,
            file: file,
            byteCount: image.count,
            checksum: image.checksum,
            notes: notes
        )
    }

    /// Removes lists that are no longer part of the policy.
    private func removeFiles(except kept: Set<String>) {
        // `try?`: what stays costs room and nothing else.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for file in files where file.hasSuffix(".list") && !kept.contains(file) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(file)")
        }
    }
}

// MARK: - Reading

extension LastPolicy {
    /// The policy that was in force last, checked.
    package func read() throws(ReadError) -> (policy: Policy, status: PolicyStatus) {
        let manifest = try readManifest()
        var policy = Policy()
        for warehouse in manifest.warehouses {
            var whitelist = Whitelist(mode: warehouse.mode)
            for list in warehouse.lists { whitelist.lists.append(try read(list)) }
            policy.warehouses[warehouse.id] = WarehousePolicy(
                whitelist: whitelist,
                endpointServices: warehouse.endpointServices,
                endpoints: warehouse.endpoints
            )
        }
        let status = PolicyStatus(
            source: manifest.source,
            revision: manifest.revision,
            since: manifest.savedAt,
            isRestored: true
        )
        return (policy, status)
    }

    private func readManifest() throws(ReadError) -> Manifest {
        let bytes = try bytes(of: Self.manifestName, orThrow: .missing)
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            throw .damaged(file: Self.manifestName, reason: "it has no checksum")
        }
        let json = Array(bytes[(end + 1)...])
        guard String(decoding: bytes[..<end], as: UTF8.self) == "\(json.checksum)" else {
            throw .damaged(file: Self.manifestName, reason: "its checksum is wrong")
        }
        do {
            let manifest = try JSONDecoder().decode(Manifest.self, from: Data(json))
            guard manifest.format == 1 else {
                throw ReadError.damaged(
                    file: Self.manifestName,
                    reason: "format \(manifest.format) is that of another version of sluice"
                )
            }
            return manifest
        } catch let error as ReadError {
            throw error
        } catch {
            throw .damaged(file: Self.manifestName, reason: "\(error)")
        }
    }

    private func read(_ list: Manifest.List) throws(ReadError) -> EntryList {
        let image = try bytes(
            of: list.file,
            orThrow: .damaged(file: list.file, reason: "it is missing")
        )
        guard image.count == list.byteCount, image.checksum == list.checksum else {
            throw .damaged(file: list.file, reason: "its checksum is wrong")
        }
        do {
            let name = list.path.map(EntryList.Name.file) ?? .entries
            return try EntryList(name, image: image, notes: list.notes)
        } catch {
            throw .damaged(file: list.file, reason: "\(error)")
        }
    }

    private func bytes(of file: String, orThrow missing: ReadError) throws(ReadError) -> [UInt8] {
        do throws(UnreadableFile) {
            return try LimitedFile(path: "\(folder)/\(file)", sizeLimit: Self.sizeLimit).bytes()
        } catch {
            guard unsafe access("\(folder)/\(file)", F_OK) == 0 else { throw missing }
            throw .damaged(file: file, reason: error.reason)
        }
    }
}

extension [UInt8] {
    fileprivate var checksum: UInt32 {
        var checksum = CRC32C()
        checksum.update(span)
        return checksum.value
    }
}
