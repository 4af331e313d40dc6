import Operations
import Settings
import Sockets
import Synchronization

/// Which TLS sessions the kernel takes over, and how many it has.
///
/// Records that the kernel encrypts and decrypts need no copy in this process, and can be moved
/// unseen (splice(2)). What it cannot do, OpenSSL does as before.
final class KernelOffload: Sendable {
    private let kernel: KernelTLS
    private let isComplete: Bool
    private let readingCount = Atomic<UInt64>(0)
    private let writingCount = Atomic<UInt64>(0)

    /// - Parameter kernel: what it is able to do.
    /// - Returns: `nil` if it is not to do anything.
    init?(_ setting: KernelTLSSetting, kernel: @autoclosure () -> KernelTLS = .current) {
        guard setting != .off else { return nil }
        self.kernel = kernel()
        isComplete = setting == .full
        guard !self.kernel.modes.isEmpty else { return nil }
    }

    /// A peer of TLS 1.3 may change its keys at any time (KeyUpdate, RFC 8446 §4.6.3). Kernels before
    /// Linux 6.14 cannot follow, so what such peers send is decrypted here, unless all is wanted.
    func allows(_ mode: KernelTLS.Mode) -> Bool {
        guard kernel.modes.contains(mode) else { return false }
        return isComplete || mode.direction == .writing || mode.version == .tls12
    }

    func record(_ direction: KernelTLS.Direction) {
        switch direction {
        case .reading: readingCount.add(1, ordering: .relaxed)
        case .writing: writingCount.add(1, ordering: .relaxed)
        }
    }

    /// - Parameter splicedByteCount: over all workers.
    func status(splicedByteCount: UInt64) -> KernelTLSStatus {
        KernelTLSStatus(
            readingCount: readingCount.load(ordering: .relaxed),
            writingCount: writingCount.load(ordering: .relaxed),
            splicedByteCount: splicedByteCount
        )
    }
}

extension KernelOffload: CustomStringConvertible {
    /// Such as `encrypts TLS 1.2 and 1.3, decrypts TLS 1.2`.
    var description: String {
        [("encrypts", KernelTLS.Direction.writing), ("decrypts", .reading)].map { verb, direction in
            let versions = [("1.2", KernelTLS.Version.tls12), ("1.3", .tls13)].filter {
                _,
                version in
                KernelTLS.Cipher.allCases.contains { allows(.init(direction, version, $0)) }
            }
            let names = versions.map(\.0).joined(separator: " and ")
            return versions.isEmpty ? "\(verb) nothing" : "\(verb) TLS \(names)"
        }.joined(separator: ", ")
    }
}
