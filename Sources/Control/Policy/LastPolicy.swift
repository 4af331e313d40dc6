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

/// The last active policy, saved in a folder: what a gateway starts with if the source of its
/// policy is not available.
///
/// Each list has its own file, so that an edit of one list writes only that one; the manifest
/// `policy.json` names them with their checksums, and is replaced last. So even after a crash,
/// a policy that can be read is one that was active.
package final class LastPolicy: Sendable {
    /// The shortest time from one save to the next, in seconds: changes that follow each other
    /// closely are saved together.
    private static let interval = 1.0
    /// From a save that failed to the next attempt, in seconds.
    private static let retryDelay = 10.0
    private static let manifestName = "policy.json"
    private static let sizeLimit = 256 << 20

    private struct State {
        var latest: (policy: Policy, status: PolicyStatus)?
        var isScheduled = false
        var isClosed = false
        /// Not before this, unless the gateway stops.
        var nextSave = DispatchTime.now()
    }

    /// The lists in the folder; only used on the queue.
    private struct Saved {
        var lists: [ObjectIdentifier: (list: EntryList, entry: Manifest.List)] = [:]
        /// A failure is reported once, until a save succeeds.
        var failure: String?
        /// Held from the first save on: two gateways with one folder would each start with the
        /// policy of the other.
        var lock: FileLock?
    }

    let folder: String
    private let state = Mutex(State())
    private let saved = Mutex(Saved())
    private let queue = DispatchQueue(label: "sluice.policy.save", qos: .utility)
    private let report: @Sendable (_ failure: String?) -> Void

    /// - Parameter report: told why the policy cannot be saved, and with `nil` that it can be saved
    ///   again. Must not block.
    package init(
        folder: String,
        report: @escaping @Sendable (_ failure: String?) -> Void = { _ in }
    ) {
        self.folder = folder
        self.report = report
    }

    /// Saves the active policy: immediately, or within a second of the last save.
    package func save(_ policy: Policy, _ status: PolicyStatus) {
        state.withLock { $0.latest = (policy, status) }
        schedule()
    }

    private func schedule() {
        let deadline: DispatchTime? = state.withLock { state in
            guard !state.isScheduled, !state.isClosed else { return nil }
            state.isScheduled = true
            return max(.now(), state.nextSave)
        }
        guard let deadline else { return }
        queue.asyncAfter(deadline: deadline) { [self] in
            if !state.withLock({ $0.isClosed }) { saveLatest() }
        }
    }

    /// Saves what has not been saved yet, and waits for it.
    package func flush() {
        queue.sync { saveLatest() }
    }

    /// Saves what has not been saved yet, and leaves the folder to another process: nothing is
    /// saved afterwards, nor tried again.
    package func close() {
        state.withLock { $0.isClosed = true }
        queue.sync {
            saveLatest()
            saved.withLock { $0.lock = nil }
        }
    }

    private func saveLatest() {
        let latest = state.withLock { state in
            defer { (state.latest, state.isScheduled) = (nil, false) }
            return state.latest
        }
        guard let latest else { return }
        let failure = saved.withLock { saved in
            let before = saved.failure
            do {
                try write(latest.policy, latest.status, &saved)
                saved.failure = nil
            } catch {
                saved.failure = "\(folder): \(error)"
            }
            if saved.failure != before { report(saved.failure) }
            return saved.failure
        }
        let delay = failure == nil ? Self.interval : Self.retryDelay
        let hasMore = state.withLock { state in
            state.nextSave = .now() + delay
            // A policy that could not be saved is tried again, unless there is a later one.
            if failure != nil, state.latest == nil { state.latest = latest }
            return state.latest != nil
        }
        if hasMore { schedule() }
    }
}

// MARK: - The manifest

extension LastPolicy {
    fileprivate struct Manifest: Codable {
        struct List: Codable, Hashable {
            /// The path of a list file.
            var path: String?
            /// The service for which the entries count.
            var service: ServiceProtocol?
            /// The name of an address group.
            var group: String?
            /// In the folder.
            var file: String
            var byteCount: Int
            var checksum: UInt32
            var notes: EntryNotes

            /// Without any of the three, the whitelist's own entries.
            var name: EntryList.Name {
                if let path { return .file(path) }
                if let group { return .group(group) }
                return service.map { .service($0) } ?? .entries
            }
        }

        struct Warehouse: Codable {
            var id: String
            var mode: Whitelist.Mode
            var lists: [List]
            var endpointServices: [EndpointService]
            var endpoints: [Endpoint]
        }

        /// In format 1, lists were files and a whitelist's own entries only.
        static let formats = 1...2

        var format = formats.upperBound
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
        if saved.lock == nil { saved.lock = try lockFolder() }
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

    private func lockFolder() throws -> FileLock {
        do throws(SystemError) {
            return try FileLock("\(folder)/lock")
        } catch {
            throw error == .wouldBlock ? FolderInUse() : error
        }
    }

    private struct FolderInUse: Error, CustomStringConvertible {
        let description = "in use by another gateway (each needs a folder of its own)"
    }

    private func write(_ list: EntryList) throws -> Manifest.List {
        let (image, notes) = list.saved
        let file = "\(String(UInt64.random(in: 0 ... .max), radix: 36)).list"
        try File.replace("\(folder)/\(file)", with: image, isDurable: true)
        var entry = Manifest.List(
            file: file,
            byteCount: image.count,
            checksum: image.checksum,
            notes: notes
        )
        switch list.name {
        case .entries: break
        case .service(let service): entry.service = service
        case .group(let name): entry.group = name
        case .file(let path): entry.path = path
        }
        return entry
    }

    /// Removes lists that are no longer part of the policy.
    private func removeFiles(except kept: Set<String>) {
        // `try?`: a file that remains only takes up space.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for file in files where file.hasSuffix(".list") && !kept.contains(file) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(file)")
        }
    }
}

// MARK: - Reading

extension LastPolicy {
    /// The last active policy, validated.
    package func read() throws(ReadError) -> (policy: Policy, status: PolicyStatus) {
        let manifest = try readManifest()
        var policy = Policy()
        // A list that several warehouses share is one object again.
        var lists: [String: EntryList] = [:]
        for warehouse in manifest.warehouses {
            var whitelist = Whitelist(mode: warehouse.mode)
            for entry in warehouse.lists {
                if let list = lists[entry.file] {
                    whitelist.lists.append(list)
                } else {
                    let list = try read(entry)
                    lists[entry.file] = list
                    whitelist.lists.append(list)
                }
            }
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
            throw .damaged(file: Self.manifestName, reason: "missing checksum")
        }
        let json = Array(bytes[(end + 1)...])
        guard String(decoding: bytes[..<end], as: UTF8.self) == "\(json.checksum)" else {
            throw .damaged(file: Self.manifestName, reason: "checksum mismatch")
        }
        do {
            let manifest = try JSONDecoder().decode(Manifest.self, from: Data(json))
            guard Manifest.formats.contains(manifest.format) else {
                throw ReadError.damaged(
                    file: Self.manifestName,
                    reason: "unsupported format \(manifest.format) (of another sluice version)"
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
            orThrow: .damaged(file: list.file, reason: "no such file")
        )
        guard image.count == list.byteCount, image.checksum == list.checksum else {
            throw .damaged(file: list.file, reason: "checksum mismatch")
        }
        do {
            return try EntryList(list.name, image: image, notes: list.notes)
        } catch {
            throw .damaged(file: list.file, reason: "\(error)")
        }
    }

    private func bytes(of file: String, orThrow missing: ReadError) throws(ReadError) -> [UInt8] {
        do throws(UnreadableFile) {
            return try LimitedFile(
                path: "\(folder)/\(file)",
                sizeLimit: Self.sizeLimit,
                writing: .atomically
            ).bytes()
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
